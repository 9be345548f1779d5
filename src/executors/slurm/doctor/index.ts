/** Everything that a site has to get right before runs go well, looked at one by one (docs/slurm.md, doctor). */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SlurmCommands } from '../commands/commands.js';
import { parseSlurmConfig, SlurmConfigError, type SlurmConfig } from '../options/config.js';
import { configNotices } from '../options/notices.js';
import { checkAccounting, checkCommands, checkController, checkQueue } from './commands-check.js';
import { ok, problem, warning, type Finding } from '../../../doctor/finding.js';
import { checkNode } from './node-check.js';
import { checkPartitions } from './partitions.js';
import { checkSubmission } from './trial.js';

export interface DoctorInput {
  commands: SlurmCommands;
  user: string;
  configFile: string;
  /** Where runs will have their folders. */
  dir: string;
}

const readConfig = async (file: string): Promise<SlurmConfig | Finding[]> => {
  try {
    return parseSlurmConfig(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SlurmConfigError) {
      return error.errors.map(({ path, expected, got }) =>
        problem(`${file}, ${path || 'whole file'}: got ${got}`, `expected ${expected}`),
      );
    }
    return [
      problem(
        `${file}: ${error instanceof Error ? error.message : String(error)}`,
        'give a file that can be read',
      ),
    ];
  }
};

/** Pure. */
export const judgeConfig = (file: string, config: SlurmConfig): Finding[] => [
  ok(`${file}: valid`),
  ...configNotices(config).map(({ what, remedy }) => warning(what, remedy)),
];

async function* tryJobs(commands: SlurmCommands, config: SlurmConfig, dir: string): AsyncGenerator<Finding> {
  let folder: string;
  try {
    folder = await mkdtemp(join(dir, '.fractal-doctor-'));
  } catch (error) {
    yield problem(
      `${dir}: ${error instanceof Error ? error.message : String(error)}`,
      'give a folder that this user may write to',
    );
    return;
  }
  try {
    const trial = { commands, config, folder };
    for (const gpu of config.gpu_slurm_config ? [false, true] : [false]) {
      const single = await checkSubmission({ ...trial, gpu, size: 'one' });
      yield single;
      // What is refused for one unit is refused for more of them, in the same words.
      if (single.status === 'problem') continue;
      const usual = await checkSubmission({ ...trial, gpu, size: 'usual' });
      yield usual;
      if (usual.status === 'problem') continue;
      if (!gpu) yield await checkSubmission({ ...trial, gpu, size: 'largest' });
      // A GPU node is asked only about lines of its own.
      const lines = !gpu || (config.gpu_slurm_config?.extra_lines ?? []).length > 0;
      if (single.status === 'ok' && lines) yield await checkNode({ ...trial, dir, gpu });
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function* examineSlurm({
  commands,
  user,
  configFile,
  dir,
}: DoctorInput): AsyncGenerator<Finding> {
  const found = await checkCommands(commands);
  yield* found;
  const config = await readConfig(configFile);
  if (!('default_slurm_config' in config)) yield* config;
  if (found.some(({ status }) => status === 'problem')) return;
  const queue = await checkQueue(commands, user);
  yield queue;
  // Everything else would only wait for the same controller.
  if (queue.status === 'problem') return;
  yield await checkController(commands);
  yield await checkAccounting(commands, user);
  if (!('default_slurm_config' in config)) return;
  yield* judgeConfig(configFile, config);
  yield* checkPartitions(commands, config);
  yield* tryJobs(commands, config, dir);
}
