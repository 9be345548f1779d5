/** The name of a batch in a scheduler's list. */

/** SLURM cuts no names at this length, and sites' tools show it. */
const LONGEST_JOB_NAME = 180;

const safe = (text: string): string => text.replace(/[^A-Za-z0-9._-]+/g, '_');

/**
 * `{run}.{task}.{key}` of `[A-Za-z0-9._-]`, at most 180 characters, the key last and whole: a batch is found again
 * by this name.
 */
export const jobName = (runName: string, taskName: string, key: string): string => {
  const room = LONGEST_JOB_NAME - key.length - 2;
  const task = safe(taskName).slice(0, Math.floor(room / 2));
  const run = safe(runName).slice(0, room - task.length);
  return `${run}.${task}.${key}`;
};
