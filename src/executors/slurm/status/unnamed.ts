/**
 * A batch whose job nobody knows: its submission was cut off, and what continues its run asks what became of it. It is
 * found by its name, or shown to have no job (docs/slurm.md, exactly once).
 */
import type { Batch, BatchStatus, Handle } from '../../../batch/contract.js';
import { messageTimeoutMs } from '../jobs/look-up.js';
import type { Scheduler } from '../jobs/scheduler.js';
import { readAttempts, readIntent, readJobId, readOwner } from '../jobs/submission-files.js';
import { unknown, type Watch } from './watch.js';

/** Of a batch that nobody has a handle of: what its submission has left says it. An empty job id: none is on record. */
export const handleOf = async (scheduler: Scheduler, batch: Batch, handle: Handle): Promise<Handle> => {
  if (handle.facts['user'] !== undefined) return handle;
  const intent = await readIntent(batch);
  const onRecord = async (): Promise<string | null> =>
    (await readJobId(batch)) ?? (await readAttempts(batch)).jobId ?? (await readOwner(batch));
  return {
    jobId: handle.jobId || ((await onRecord()) ?? ''),
    // Power may have taken the intent's text; that of another user was refused when its run was read.
    facts: { user: intent?.user ?? scheduler.user, cluster: intent?.cluster ?? null },
  };
};

/**
 * Why this worker cannot ask about it; null when it can.
 *
 * @param isFound by `handleOf`: the cluster of one that was submitted or adopted here has been compared already.
 */
export const whyNotAsked = async (
  { user, settings }: Scheduler,
  { jobId, facts }: Handle,
  isFound: boolean,
): Promise<string | null> => {
  const what = jobId === '' ? 'its job' : `job ${jobId}`;
  if (facts['user'] !== user)
    return `${what} belongs to user ${String(facts['user'])}, this worker acts for ${user}`;
  const { cluster } = facts;
  if (!isFound || typeof cluster !== 'string') return null;
  const { clusterName } = await settings();
  return clusterName === null || clusterName === cluster
    ? null
    : `${what} was submitted to cluster ${cluster}, this worker is of ${clusterName}`;
};

/** How long a request of its last sbatch may still arrive, in ms from now; 0 where that one is known to be over. */
const lateMs = async (scheduler: Scheduler, batch: Batch): Promise<number> => {
  const { openSince } = await readAttempts(batch);
  if (openSince === null) return 0;
  return Math.max(0, openSince + scheduler.config.runner_config.sbatch_timeout_seconds * 1000 - Date.now());
};

/**
 * squeue shows no job of this name: the id of one that has ended, from accounting; or a status.
 *
 * @returns a job id where accounting knows the job.
 */
export const lookForUnnamed = async (
  scheduler: Scheduler,
  batch: Batch,
  watch: Watch,
  roundAt: number,
): Promise<{ jobId: string } | BatchStatus> => {
  const accounts = await scheduler.accounting.findByName(batch.jobName, watch.lastSeen);
  const waiting = 'its submission left no job id, and squeue shows no job of its name';
  if (Array.isArray(accounts)) {
    const [account] = accounts;
    if (account !== undefined) return { jobId: account.jobId };
  } else if (accounts !== 'off') {
    watch.absentSince = null;
    return unknown(`${waiting}; ${accounts.error}`);
  }
  const absentMs = roundAt - (watch.absentSince ?? roundAt);
  const waitMs = (await lateMs(scheduler, batch)) + (await messageTimeoutMs(scheduler));
  if (absentMs < waitMs)
    return unknown(
      `${waiting}; for ${Math.ceil((waitMs - absentMs) / 1000)} s more a late request may arrive`,
    );
  return {
    ...{ state: 'ended', cause: 'node', schedulerState: null, node: null, nodeAtFault: false, usage: null },
    message:
      'Its submission was cut off, and there is no job of it: neither squeue nor accounting shows its name',
  };
};
