/** Are the partitions of the configuration there, and do its times fit? */
import type { SlurmCommands } from '../commands/commands.js';
import type { SlurmConfig, SlurmOptionSet } from '../options/config.js';
import { parseTimeLimit } from '../../../quantities/time-limit.js';
import { ok, problem, warning, type Finding } from '../../../doctor/finding.js';

export interface Partition {
  name: string;
  isDefault: boolean;
  up: boolean;
  /** null: no limit, or none that can be read. */
  timeLimitSeconds: number | null;
}

/** Reads `sinfo -h -o '%P|%a|%l'`. Pure. */
export const parsePartitions = (text: string): Partition[] =>
  text.split('\n').flatMap((line) => {
    const match = /^([^|*]+)(\*?)\|([a-z]+)\|(\S+)\s*$/.exec(line);
    if (match === null) return [];
    const [, name = '', star, state, limit = ''] = match;
    return [{ name, isDefault: star === '*', up: state === 'up', timeLimitSeconds: parseTimeLimit(limit) }];
  });

/** What is wrong with one section of the configuration. Pure. */
export const judgePartitions = (
  section: string,
  options: SlurmOptionSet,
  partitions: Partition[],
): Finding[] => {
  const names = [...new Set(partitions.map(({ name }) => name))].join(', ');
  const wanted = options.partition?.split(',') ?? null;
  const found = partitions.filter(({ name, isDefault }) =>
    wanted === null ? isDefault : wanted.includes(name),
  );
  const missing = (wanted ?? []).filter((name) => !partitions.some((partition) => partition.name === name));
  if (missing.length > 0) {
    return [
      problem(`${section}: this cluster shows no partition ${missing.join(', ')}`, `choose among ${names}`),
    ];
  }
  if (found.length === 0) {
    return [
      problem(`${section}: no partition given, and this cluster has no default one`, `choose among ${names}`),
    ];
  }
  const seconds = options.time === null || options.time === undefined ? null : parseTimeLimit(options.time);
  const tooShort = found.filter(
    ({ timeLimitSeconds }) => timeLimitSeconds !== null && (seconds ?? 0) > timeLimitSeconds,
  );
  const where = found.map(({ name }) => name).join(', ');
  return [
    ...(found.some(({ up }) => up)
      ? [ok(`${section}: partition ${where} is up`)]
      : [warning(`${section}: partition ${where} is down`, 'jobs will wait: ask the administrators')]),
    ...(tooShort.length === found.length
      ? [
          problem(
            `${section}: time ${options.time ?? ''} is longer than ${where} allows: jobs would wait for ever`,
            'lower time',
          ),
        ]
      : []),
  ];
};

export async function* checkPartitions(
  commands: SlurmCommands,
  config: SlurmConfig,
): AsyncGenerator<Finding> {
  const { exitCode, stdout, stderr } = await commands.ask('sinfo', ['-h', '-o', '%P|%a|%l']);
  if (exitCode !== 0) {
    yield problem(`sinfo gives no answer: ${stderr.trim()}`, 'is the controller up?');
    return;
  }
  const partitions = parsePartitions(stdout);
  yield* judgePartitions('default_slurm_config', config.default_slurm_config, partitions);
  if (config.gpu_slurm_config) {
    const options = { ...config.default_slurm_config, ...config.gpu_slurm_config };
    yield* judgePartitions('gpu_slurm_config', options, partitions);
  }
}
