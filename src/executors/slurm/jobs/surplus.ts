/** A second job of a batch: of an attempt that stood still between its last look and sbatch, while another submitted. */
import type { Batch } from '../../../batch/contract.js';
import { parseScontrolJob } from '../commands/scontrol.js';
import { classOfState } from '../commands/states.js';
import type { Scheduler } from './scheduler.js';
import { readOwner } from './submission-files.js';

const mayEnd = async ({ commands }: Scheduler, batch: Batch, jobId: string): Promise<boolean> => {
  const job = parseScontrolJob((await commands.ask('scontrol', ['show', 'job', jobId])).stdout);
  if (job === null || job.name !== batch.jobName || classOfState(job.state) !== 'pending') return false;
  // Put back into the queue it waits as well, and has the batch.
  return (await readOwner(batch)) !== jobId;
};

/**
 * Ends a job that waits although its batch has another one on record; it would start nothing when its turn comes, but
 * would wait for that after the end of the run. It is held first: else SLURM might start it, and it might claim the
 * batch, between the look at it and scancel. One that has begun is let go on: it has the batch, or ends by itself.
 *
 * Never throws: what is not ended here runs nothing all the same (docs/slurm.md, exactly once).
 */
export const endSurplus = async (scheduler: Scheduler, batch: Batch, jobId: string): Promise<void> => {
  const { commands } = scheduler;
  if ((await commands.ask('scontrol', ['hold', jobId])).exitCode !== 0) return;
  if (await mayEnd(scheduler, batch, jobId).catch(() => false)) await scheduler.scancel(jobId);
  else await commands.ask('scontrol', ['release', jobId]);
};
