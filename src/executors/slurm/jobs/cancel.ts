/**
 * Cancels a batch and makes sure of it: nothing of it runs or will run when this resolves. No file of the run is
 * needed: its jobs are found by their name, and what could not be read or written is told.
 */
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaveTombstone } from '../../claims.js';
import { errorCode, StorageFailed } from '../../../state/errors.js';
import { WrongWorker } from '../../../batch/errors.js';
import type { BatchNames, CancelReport, ExecutorContext, Handle } from '../../../batch/contract.js';
import { jobsInQueue, messageTimeoutMs } from './look-up.js';
import type { QueueRow } from '../commands/squeue.js';
import { classOfState, shortened } from '../commands/states.js';
import type { Scheduler } from './scheduler.js';
import { jobsOfJournals, readAttempts, readIntent, readJobId, readOwner } from './submission-files.js';
import { SCANCEL_AGAIN_SECONDS, STUCK_COMPLETING_SECONDS } from '../tunables.js';

/** One cancellation: what it has found, and what it could not make sure of. */
interface Cancelling {
  scheduler: Scheduler;
  batch: BatchNames;
  context: ExecutorContext;
  found: Set<string>;
  doubts: string[];
  /** A failure of the storage that may pass: what it hides is read when it has passed. */
  passing: StorageFailed | null;
  /** When scancel last took the request for a job, by job. */
  asked: Map<string, number>;
  /** Since when a job has been in its state. */
  states: Map<string, { state: string; since: number }>;
}

/** null besides a doubt where it fails. What may pass is kept for a next time: the jobs are ended first. */
const orDoubt = async <T>(work: Cancelling, reading: () => Promise<T>): Promise<T | null> => {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof StorageFailed && !error.isPermanent) work.passing ??= error;
    work.doubts.push(error instanceof Error ? error.message : String(error));
    return null;
  }
};

/** False only where it is certain. */
const isThere = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ENOENT';
  }
};

const leaveMark = async (work: Cancelling): Promise<void> => {
  const { paths } = work.batch;
  // A try that is not prepared yet has no folder of its own, and must not start later.
  const folder = dirname(dirname(paths.tombstone));
  if (!(await isThere(folder))) {
    // A run that somebody has removed is not made anew.
    work.doubts.push(`${folder} is gone: the jobs were looked for by their name alone`);
    return;
  }
  await orDoubt(work, () => leaveTombstone(paths.tombstone, { reason: 'cancelled' }));
};

/** Every job that any file of the batch names. */
const collectRecorded = async (work: Cancelling, handle: Handle | null): Promise<void> => {
  const { batch, found } = work;
  const single = [
    handle?.jobId ?? null,
    await orDoubt(work, () => readJobId(batch)),
    (await orDoubt(work, () => readAttempts(batch)))?.jobId ?? null,
    await orDoubt(work, () => readOwner(batch)),
  ];
  const journals = (await orDoubt(work, () => jobsOfJournals(batch))) ?? [];
  for (const jobId of [...single, ...journals]) if (jobId !== null) found.add(jobId);
};

/** What a job that is to end does instead, and for how long. */
const standing = ({ states }: Cancelling, { jobId, state, node }: QueueRow): string => {
  const now = performance.now();
  const before = states.get(jobId);
  const since = before?.state === state ? before.since : now;
  states.set(jobId, { state, since });
  const seconds = Math.round((now - since) / 1000);
  const where = node === '' ? '' : ` on ${node}`;
  const advice =
    state === 'COMPLETING' && seconds >= STUCK_COMPLETING_SECONDS
      ? `, its processes do not end: ask the administrators about the node`
      : '';
  return `job ${jobId}${where} is ${state} for ${seconds} s${advice}`;
};

/** What SLURM said where it did not take a request; the jobs are asked to end again with the next look. */
const askToEnd = async ({ scheduler, asked }: Cancelling, live: QueueRow[]): Promise<string[]> => {
  const now = performance.now();
  const due = live.filter(
    ({ jobId }) => now - (asked.get(jobId) ?? -Infinity) >= SCANCEL_AGAIN_SECONDS * 1000,
  );
  const words = await Promise.all(
    due.map(async ({ jobId }) => {
      const refusal = await scheduler.scancel(jobId);
      if (refusal === null) asked.set(jobId, now);
      return refusal;
    }),
  );
  return [...new Set(words.filter((refusal) => refusal !== null))].map(shortened);
};

const untilNoneLives = async (work: Cancelling): Promise<void> => {
  const { scheduler, batch, context, found } = work;
  let since = performance.now();
  for (;;) {
    const { rows, startedAt } = await jobsInQueue(scheduler.poller, batch, since, context);
    for (const { jobId } of rows) found.add(jobId);
    const live = rows.filter((row) => classOfState(row.state) !== 'ended');
    if (live.length === 0) return;
    const refusals = await askToEnd(work, live);
    context.note([live.map((row) => standing(work, row)).join(', '), ...refusals].join('; '));
    // What is to be seen next must be from after the request.
    since = Math.max(startedAt + 1, performance.now());
  }
};

/** For how long a request of a submission that never got an answer may still make a job; 0: there is none. */
const lateRequestMs = async (work: Cancelling): Promise<number> => {
  const { scheduler, batch } = work;
  if ((await orDoubt(work, () => readJobId(batch))) !== null) return 0;
  const openSince = (await orDoubt(work, () => readAttempts(batch)))?.openSince ?? null;
  const sbatchMs = scheduler.config.runner_config.sbatch_timeout_seconds * 1000;
  const lasting = openSince === null ? 0 : Math.max(0, openSince + sbatchMs - Date.now());
  return lasting + (await messageTimeoutMs(scheduler));
};

const endJobs = async (work: Cancelling): Promise<void> => {
  await untilNoneLives(work);
  const lateMs = await lateRequestMs(work);
  if (lateMs === 0) return;
  work.context.note(`waiting ${Math.ceil(lateMs / 1000)} s for a submission that may still arrive`);
  await sleep(lateMs, undefined, { signal: work.context.signal });
  await untilNoneLives(work);
};

/** @throws WrongWorker when the batch belongs to another user, StorageFailed for what may pass, its jobs ended by then. */
export const cancelBatch = async (
  scheduler: Scheduler,
  batch: BatchNames,
  handle: Handle | null,
  context: ExecutorContext,
): Promise<CancelReport> => {
  const note = (line: string): void => {
    context.note(`cancelling: ${line}`);
  };
  const work: Cancelling = {
    ...{ scheduler, batch, context: { ...context, note } },
    ...{ found: new Set(), doubts: [], passing: null, asked: new Map(), states: new Map() },
  };
  // First the mark, then the look: whoever submits does it the other way round, so that one of us sees the other.
  const hadFiles = await isThere(batch.paths.units);
  await leaveMark(work);
  const intent = await orDoubt(work, () => readIntent(batch));
  if (typeof intent?.user === 'string' && intent.user !== scheduler.user) {
    throw new WrongWorker(`Batch ${batch.key} belongs to user ${intent.user}, not to ${scheduler.user}.`);
  }
  await collectRecorded(work, handle);
  const neverSubmitted = intent === null && work.found.size === 0 && work.doubts.length === 0;
  if (!neverSubmitted) await endJobs(work);
  // Not prepared yet, or all its files are lost: its name tells.
  else if (!hadFiles) await untilNoneLives(work);
  if (work.passing !== null) throw work.passing;
  return {
    jobIds: [...work.found],
    uncertain: work.doubts.length === 0 ? null : [...new Set(work.doubts)].join('; '),
  };
};
