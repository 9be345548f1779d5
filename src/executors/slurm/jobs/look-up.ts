/** Finds the jobs of a batch by its name, whoever submitted them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchNames, ExecutorContext } from '../../../batch/contract.js';
import type { Accounting } from '../commands/accounting.js';
import type { Poller } from '../commands/poller.js';
import type { QueueRow } from '../commands/squeue.js';
import { classOfState } from '../commands/states.js';
import { readAttempts, readJobId, readOwner, recordJobId } from './submission-files.js';
import type { Scheduler } from './scheduler.js';
import { FALLBACK_MESSAGE_TIMEOUT_SECONDS } from '../tunables.js';

/** Of several jobs of one name the one that owns the batch, else one that lives, else the first. Pure. */
export const chooseJob = (rows: readonly QueueRow[], owner: string | null): QueueRow | null =>
  rows.find((row) => row.jobId === owner) ??
  rows.find((row) => classOfState(row.state) !== 'ended') ??
  rows[0] ??
  null;

/** The key, which is the last word of a job's name, is enough: the words before it may be cut or unknown. Pure. */
const isJobOf = (name: string, { jobName, key }: BatchNames): boolean =>
  name === jobName || name.split('.').at(-1) === key;

/** The batch's jobs in a squeue that started after `since`; waits until squeue gives an answer. */
export const jobsInQueue = async (
  poller: Poller,
  batch: BatchNames,
  since: number,
  { signal, note }: ExecutorContext,
): Promise<{ rows: QueueRow[]; startedAt: number }> => {
  let from = since;
  for (;;) {
    signal.throwIfAborted();
    const round = await poller.after(from, true);
    if (round.rows !== null) {
      return { rows: round.rows.filter((row) => isJobOf(row.name, batch)), startedAt: round.startedAt };
    }
    note(`waiting for an answer of the controller: ${round.error}`);
    from = round.startedAt + 1;
  }
};

/**
 * The job that an earlier submission of this batch left, or null. squeue sees it at once; accounting, where there is
 * any, also one that has ended long ago.
 *
 * @param from when that submission began, in ms since the epoch.
 */
export const findJob = async (
  { poller, accounting }: { poller: Poller; accounting: Accounting },
  batch: BatchNames,
  from: number,
  context: ExecutorContext,
): Promise<string | null> => {
  const { rows } = await jobsInQueue(poller, batch, performance.now(), context);
  const queued = chooseJob(rows, await readOwner(batch));
  if (queued !== null) return queued.jobId;
  const accounts = await accounting.findByName(batch.jobName, from);
  // No answer is as good as none here: what squeue does not show has ended or never was, and the script fences.
  return Array.isArray(accounts) ? (accounts[0]?.jobId ?? null) : null;
};

/** How long a request that nobody waits for any more may still reach the controller, in ms. */
export const messageTimeoutMs = async ({ config, settings }: Scheduler): Promise<number> =>
  1000 *
  (config.runner_config.message_timeout_seconds ??
    (await settings()).messageTimeoutSeconds ??
    FALLBACK_MESSAGE_TIMEOUT_SECONDS);

/** Waits until no late request can arrive, then looks once more. */
export const lookAgain = async (
  scheduler: Scheduler,
  batch: BatchNames,
  { from, waitMs }: { from: number; waitMs: number },
  context: ExecutorContext,
): Promise<string | null> => {
  const total = waitMs + (await messageTimeoutMs(scheduler));
  context.note(`no job found; waiting ${Math.ceil(total / 1000)} s for a late request before looking again`);
  await sleep(total, undefined, { signal: context.signal });
  const onRecord = (await readJobId(batch)) ?? (await readAttempts(batch)).jobId ?? (await readOwner(batch));
  const jobId = onRecord ?? (await findJob(scheduler, batch, from, context));
  return jobId === null ? null : recordJobId(batch, jobId);
};
