/** Can the cluster ever run what a task asks for? Told from its partitions before anything runs. Pure. */
import type { SlurmResources } from './options/resources.js';
import { optionSetIn, type SbatchOption } from './options/sbatch-lines.js';
import { nodesFor, type PartitionNode } from './commands/sinfo.js';
import { parseTimeLimit } from '../../quantities/time-limit.js';

/** Lines of site or user may set these otherwise; then nothing can be said of them. */
const PARTITION: SbatchOption = { long: 'partition', short: 'p' };
const TIME: readonly SbatchOption[] = [
  { long: 'time', short: 't' },
  // A QOS may allow more than its partition.
  { long: 'qos', short: 'q' },
];
const MEMORY: readonly SbatchOption[] = [
  { long: 'mem', short: null },
  { long: 'mem-per-cpu', short: null },
  { long: 'mem-per-gpu', short: null },
];
const CPUS: SbatchOption = { long: 'cpus-per-task', short: 'c' };

const span = (seconds: number): string => {
  const whole = Math.floor(seconds / 60);
  return `${Math.floor(whole / 60)} h ${whole % 60} min`;
};

const most = (values: readonly (number | null)[]): number | null =>
  values.every((value) => value !== null) ? Math.max(...values) : null;

/** A type, not an interface, so that it is a JSON object for the plan. */
export type TimeCeilings = {
  /** Of a job that asks for no time. */
  default_time_seconds: number | null;
  /** No partition of the job's gives more; null: none limits it, or nobody knows. */
  max_time_seconds: number | null;
};

/** Pure. @param nodes all nodes of all partitions; null where there is no answer. */
export const timeCeilings = (
  { partition, extra_lines: lines }: SlurmResources,
  nodes: readonly PartitionNode[] | null,
): TimeCeilings => {
  const isSet = lines.some((line) => optionSetIn(line, [PARTITION, ...TIME]) !== undefined);
  const mine = nodes === null || isSet ? [] : nodesFor(nodes, partition);
  if (mine.length === 0) return { default_time_seconds: null, max_time_seconds: null };
  const longest = most(mine.map((node) => node.maxTimeSeconds));
  const usual = most(mine.map((node) => node.defaultTimeSeconds));
  return { default_time_seconds: usual ?? longest, max_time_seconds: longest };
};

/**
 * What of `resources` no partition can fulfil, a line each; empty where nothing is known.
 *
 * @param nodes all nodes of all partitions.
 */
export const cannotRun = (resources: SlurmResources, nodes: readonly PartitionNode[]): string[] => {
  const { partition, time, mem_mb_per_unit: mem, cpus_per_unit: cpus } = resources;
  const isSet = (...options: SbatchOption[]): boolean =>
    resources.extra_lines.some((line) => optionSetIn(line, options) !== undefined);
  if (isSet(PARTITION)) return [];
  const known = [...new Set(nodes.map((node) => node.partition))];
  const missing = (partition?.split(',') ?? []).filter((name) => !known.includes(name));
  if (missing.length > 0) {
    return [
      `partition: expected one of this cluster's (${known.join(', ')}), got ${JSON.stringify(missing.join(','))}`,
    ];
  }
  const mine = nodesFor(nodes, partition);
  if (mine.length === 0) return [];
  const where = [...new Set(mine.map((node) => node.partition))].join(', ');
  const seconds = time === null ? null : parseTimeLimit(time);
  const limits = {
    seconds: most(mine.map((node) => node.maxTimeSeconds)),
    memMb: most(mine.map((node) => node.memMb)),
    cpus: most(mine.map((node) => node.cpus)),
  };
  const problems: string[] = [];
  if (limits.seconds !== null && seconds !== null && seconds > limits.seconds && !isSet(...TIME)) {
    problems.push(
      `time: expected at most ${span(limits.seconds)} (partition ${where}), got ${String(time)} (${span(seconds)})`,
    );
  }
  if (limits.memMb !== null && mem !== null && mem > limits.memMb && !isSet(...MEMORY)) {
    problems.push(
      `mem: expected at most ${limits.memMb} MB (the largest node of partition ${where}), got ${mem} MB`,
    );
  }
  if (limits.cpus !== null && cpus > limits.cpus && !isSet(CPUS)) {
    problems.push(
      `cpus_per_task: expected at most ${limits.cpus} (the largest node of partition ${where}), got ${cpus}`,
    );
  }
  return problems;
};
