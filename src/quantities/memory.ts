/**
 * Memory of a unit or a job, as Fractal's configuration and a task's meta spell it (docs/slurm.md).
 */
const MB_PER_UNIT: Readonly<Record<string, number>> = { '': 1, M: 1, G: 1_000, T: 1_000_000 };

/** What {@link parseMemory} takes, for messages. */
export const MEMORY_SYNTAX = 'memory as a whole number of MB, or digits and one of M, G, T (71M, 3G, 1T)';

/**
 * Memory in MB, or null when `value` is not a memory. Powers of ten, as Fractal counts: 3G is 3000.
 * Zero is no memory: SLURM reads `--mem=0` as "all of the node".
 */
export const parseMemory = (value: unknown): number | null => {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return null;
  const match = /^([0-9]+)([MGT]?)$/.exec(text);
  const factor = MB_PER_UNIT[match?.[2] ?? ''];
  if (match === null || factor === undefined) return null;
  const megabytes = Number(match[1]) * factor;
  return megabytes > 0 && Number.isSafeInteger(megabytes) ? megabytes : null;
};
