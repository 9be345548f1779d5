/** Cancels a batch and makes sure of it: nothing of it runs or will run when this resolves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { leaveTombstone } from '../../batch/tombstone.js';
import {
  WrongWorker,
  type BatchNames,
  type CancelReport,
  type ExecutorContext,
  type Handle,
} from '../contract.js';
import { jobsInQueue, messageTimeoutMs } from './look-up.js';
import type { QueueRow } from './squeue.js';
import { classOfState } from './states.js';
import type { Scheduler } from './submit.js';
import { readAttempts, readIntent, readJobId } from './submission-files.js';
import { SCANCEL_AGAIN_SECONDS } from './tunables.js';

/** @throws WrongWorker when the batch belongs to another user. */
export const cancelBatch = async (
  scheduler: Scheduler,
  batch: BatchNames,
  handle: Handle | null,
  context: ExecutorContext,
): Promise<CancelReport> => {
  // First the mark, then the look: whoever submits does it the other way round, so that one of us sees the other.
  await leaveTombstone(batch.paths.tombstone, { reason: 'cancelled' });
  const intent = await readIntent(batch);
  if (intent === null && handle === null) return { jobIds: [], uncertain: null };
  if (typeof intent?.user === 'string' && intent.user !== scheduler.user) {
    throw new WrongWorker(`Batch ${batch.key} belongs to user ${intent.user}, not to ${scheduler.user}.`);
  }
  const asked = new Map<string, number>();
  await untilNoneLives(scheduler, batch, asked, context);
  const lateMs = await lateRequestMs(scheduler, batch);
  if (lateMs === 0) return report(batch, handle, asked);
  context.note(
    `cancelling: waiting ${String(Math.ceil(lateMs / 1000))} s for a submission that may still arrive`,
  );
  await sleep(lateMs, undefined, { signal: context.signal });
  await untilNoneLives(scheduler, batch, asked, context);
  return report(batch, handle, asked);
};

const report = async (
  batch: BatchNames,
  handle: Handle | null,
  asked: Map<string, number>,
): Promise<CancelReport> => {
  const onRecord = [handle?.jobId ?? null, await readJobId(batch), (await readAttempts(batch)).jobId];
  const jobIds = [...new Set([...onRecord, ...asked.keys()])].filter((id) => id !== null);
  return { jobIds, uncertain: null };
};

const untilNoneLives = async (
  scheduler: Scheduler,
  batch: BatchNames,
  asked: Map<string, number>,
  context: ExecutorContext,
): Promise<void> => {
  let since = performance.now();
  for (;;) {
    const { rows, startedAt } = await jobsInQueue(scheduler.poller, batch, since, context);
    const live = rows.filter((row) => classOfState(row.state) !== 'ended');
    if (live.length === 0) return;
    context.note(`cancelling ${live.map(({ jobId, state }) => `job ${jobId} (${state})`).join(', ')}`);
    await askToEnd(scheduler, live, asked, context);
    // What is to be seen next must be from after the request.
    since = Math.max(startedAt + 1, performance.now());
  }
};

const askToEnd = async (
  { commands }: Scheduler,
  live: QueueRow[],
  asked: Map<string, number>,
  { note }: ExecutorContext,
): Promise<void> => {
  for (const { jobId } of live) {
    const now = performance.now();
    if (now - (asked.get(jobId) ?? -Infinity) < SCANCEL_AGAIN_SECONDS * 1000) continue;
    const end = await commands.ask('scancel', [jobId]);
    if (end.exitCode === 0) asked.set(jobId, now);
    else note(`scancel ${jobId} failed, trying again: ${end.stderr.trim().slice(0, 200)}`);
  }
};

/** For how long a request of a submission that never got an answer may still make a job; 0: there is none. */
const lateRequestMs = async (scheduler: Scheduler, batch: BatchNames): Promise<number> => {
  if ((await readJobId(batch)) !== null) return 0;
  const { openSince } = await readAttempts(batch);
  const sbatchMs = scheduler.config.runner_config.sbatch_timeout_seconds * 1000;
  const lasting = openSince === null ? 0 : Math.max(0, openSince + sbatchMs - Date.now());
  return lasting + (await messageTimeoutMs(scheduler));
};
