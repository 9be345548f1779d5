/**
 * What became of a batch: three-valued, from shared rounds of squeue; accounting and the controller are asked only
 * about jobs that squeue shows no more (docs/slurm.md, status).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, BatchStatus, Handle } from '../../../batch/contract.js';
import { describeEnd, type EndOfJob } from './ended.js';
import { chooseJob } from '../jobs/look-up.js';
import type { QueueRound } from '../commands/poller.js';
import { readResources } from '../options/resources.js';
import type { QueueRow } from '../commands/squeue.js';
import { baseState, classOfState, lacksNodes, pendingReason } from '../commands/states.js';
import type { Scheduler } from '../jobs/scheduler.js';
import { readIntent, readOwner } from '../jobs/submission-files.js';
import {
  FORGET_AFTER_SECONDS,
  REQUEUE_SETTLE_SECONDS,
  STATUS_PATIENCE_SECONDS,
  USAGE_PATIENCE_SECONDS,
} from '../tunables.js';
import { absentSince } from './vanished.js';
import { newWatch, PERHAPS_REQUEUED, unknown, type Watch } from './watch.js';
import { lookForLost } from './lost.js';
import { handleOf, lookForUnnamed, whyNotAsked } from './unnamed.js';

/** The batch's job, and what squeue shows of it; a second job of it that has ended says nothing of the batch. */
const jobOf = async (
  batch: Batch,
  handle: Handle,
  { rows }: QueueRound,
): Promise<{ row: QueueRow | null; known: Handle }> => {
  const mine = (rows ?? []).filter((row) => row.name === batch.jobName);
  if (mine.every((row) => row.jobId === handle.jobId)) return { row: mine[0] ?? null, known: handle };
  const owner = await readOwner(batch).catch(() => null);
  const known = { ...handle, jobId: owner ?? handle.jobId };
  const candidates = mine.filter(
    (row) =>
      row.jobId === known.jobId ||
      (owner === null && (known.jobId === '' || classOfState(row.state) !== 'ended')),
  );
  return { row: chooseJob(candidates, known.jobId), known };
};

/** A job that only waits because it leaves out the nodes of earlier tries may use them after all. */
const useAllNodes = async (
  { commands }: Scheduler,
  batch: Batch,
  watch: Watch,
  { jobId, state, reason }: QueueRow,
): Promise<void> => {
  if (watch.mayUseAllNodes || batch.avoidNodes.length === 0) return;
  if (classOfState(state) !== 'pending' || !lacksNodes(reason)) return;
  const own = readResources(batch.resources).exclude ?? '';
  const end = await commands.ask('scontrol', ['update', `JobId=${jobId}`, `ExcNodeList=${own}`]);
  watch.mayUseAllNodes = end.exitCode === 0;
};

/**
 * Pure.
 *
 * @param seenAt when squeue was asked, ms since the epoch.
 */
export const liveStatus = ({ state, reason, node, jobId }: QueueRow, seenAt: number): BatchStatus => {
  switch (classOfState(state)) {
    case 'pending':
      return { state: 'pending', reason: pendingReason(state, reason), seenAt };
    case 'running':
      return { state: 'running', node: node === '' ? null : node, seenAt };
    case 'ended':
    case 'unheard':
      return unknown(`SLURM shows job ${jobId} in a state that this version does not know: ${state}`);
  }
};

/** Reported once it lasts and accounting has had its time. */
const endOf = async (
  scheduler: Scheduler,
  batch: Batch,
  watch: Watch,
  row: QueueRow,
  roundAt: number,
): Promise<BatchStatus> => {
  const state = baseState(row.state);
  const now = performance.now();
  if (watch.ending?.state !== state) watch.ending = { state, at: now, roundAt };
  const { ending } = watch;
  const settled = roundAt > ending.roundAt && roundAt - ending.roundAt >= REQUEUE_SETTLE_SECONDS * 1000;
  if (PERHAPS_REQUEUED.includes(state) && !settled) {
    return unknown(`job ${row.jobId} shows ${state}; looking whether SLURM puts it back into its queue`);
  }
  const answer = await scheduler.accounting.find(row.jobId, batch.jobName, watch.lastSeen);
  const account =
    answer.kind === 'account' && classOfState(answer.account.state) === 'ended' ? answer.account : null;
  const worthWaiting = answer.kind === 'absent' || (answer.kind === 'account' && account === null);
  if (worthWaiting && now - ending.at < USAGE_PATIENCE_SECONDS * 1000) {
    return unknown(`job ${row.jobId} has ended (${state}); waiting for its accounts`);
  }
  // The queue's word counts: an account may be older than a requeue.
  const matching = account !== null && baseState(account.state) === state ? account : null;
  const end: EndOfJob = {
    jobId: row.jobId,
    state: row.state,
    reason: row.reason,
    node: row.node,
    account: matching,
  };
  return describeEnd(batch, end, scheduler.commands);
};

const observe = async (
  scheduler: Scheduler,
  batch: Batch,
  handle: Handle,
  watch: Watch,
  intervalMs: number,
): Promise<BatchStatus> => {
  // An end is found and told also where a file of the run cannot be read.
  if (watch.lastSeen === 0)
    watch.lastSeen = (await readIntent(batch).catch(() => null))?.created ?? Date.now();
  // The first round must have begun after the job was there.
  const since = Math.max(watch.registeredAt, performance.now() - intervalMs);
  const round = await scheduler.poller.after(since, false);
  const known = round.startedAt === watch.roundAt;
  watch.roundAt = round.startedAt;
  if (round.rows === null) {
    watch.absentSince = absentSince(watch.absentSince, 'error', round.startedAt);
    return unknown(round.error);
  }
  const { row, known: job } = await jobOf(batch, handle, round);
  if (row === null) {
    if (known) return watch.last;
    watch.absentSince = absentSince(watch.absentSince, 'absent', round.startedAt);
    if (job.jobId !== '') return lookForLost(scheduler, batch, job, watch, round.startedAt);
    const found = await lookForUnnamed(scheduler, batch, watch, round.startedAt);
    return 'state' in found
      ? found
      : lookForLost(scheduler, batch, { ...job, jobId: found.jobId }, watch, round.startedAt);
  }
  watch.absentSince = absentSince(watch.absentSince, 'seen', round.startedAt);
  if (classOfState(row.state) !== 'ended') {
    watch.lastSeen = Date.now();
    watch.ending = null;
    await useAllNodes(scheduler, batch, watch, row);
    return liveStatus(row, Date.now() - (performance.now() - round.startedAt));
  }
  return endOf(scheduler, batch, watch, row, round.startedAt);
};

export const createStatus = (
  scheduler: Scheduler,
): ((batch: Batch, handle: Handle) => Promise<BatchStatus>) => {
  const watches = new Map<string, Watch>();
  const intervalMs = scheduler.config.runner_config.poll_interval_seconds * 1000;

  const watchOf = (batch: Batch): Watch => {
    const now = performance.now();
    for (const [key, { askedAt }] of watches)
      if (now - askedAt > FORGET_AFTER_SECONDS * 1000) watches.delete(key);
    const watch = watches.get(batch.key) ?? newWatch(now);
    watches.set(batch.key, watch);
    watch.askedAt = now;
    return watch;
  };

  return async (batch, given) => {
    // An end is told also where a file of the run cannot be read.
    const handle = await handleOf(scheduler, batch, given).catch(() => given);
    const why = await whyNotAsked(scheduler, handle, handle !== given);
    if (why !== null) return unknown(why);
    const watch = watchOf(batch);
    if (watch.last.state === 'ended') return watch.last;
    watch.work ??= observe(scheduler, batch, handle, watch, intervalMs)
      .catch((error: unknown) => unknown(error instanceof Error ? error.message : String(error)))
      .then((status) => {
        Object.assign(watch, { last: status, lastAt: performance.now(), work: null });
      });
    const patience = new AbortController();
    await Promise.race([
      watch.work,
      sleep(STATUS_PATIENCE_SECONDS * 1000, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    const silentMs = performance.now() - watch.lastAt;
    const { command_timeout_seconds: timeout } = scheduler.config.runner_config;
    // Between two rounds the last answer stands; longer, and it says nothing about now.
    const betweenMs = 2 * Math.max(intervalMs, scheduler.poller.gapMs());
    if (silentMs <= betweenMs + Math.min(10, timeout) * 1000) return watch.last;
    return unknown(`squeue has given no answer for ${Math.round(silentMs / 1000)} s`);
  };
};
