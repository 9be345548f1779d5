/** When the next sbatch may be called: a cap on jobs, on submissions per minute, and few at once. */
import pLimit from 'p-limit';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutorContext } from '../../../batch/contract.js';
import type { Poller, QueueRound } from '../commands/poller.js';
import { classOfState } from '../commands/states.js';
import { SBATCH_AT_ONCE } from '../tunables.js';

const MINUTE_MS = 60_000;

/** Milliseconds until another submission keeps to `perMinute`; 0 when it may be made now. Pure. */
export const rateDelayMs = (submissions: readonly number[], perMinute: number, now: number): number => {
  const recent = submissions.filter((at) => now - at < MINUTE_MS);
  const oldest = recent.at(-perMinute);
  return oldest === undefined ? 0 : oldest + MINUTE_MS - now;
};

/** Jobs in a round that have not ended. Pure. */
export const liveJobs = (round: QueueRound): number | null =>
  round.rows === null ? null : round.rows.filter((row) => classOfState(row.state) !== 'ended').length;

export interface Gate {
  /** Resolves with `work`'s result, which is run as soon as the limits allow; rejects when the signal fires. */
  pass<T>(context: ExecutorContext, work: () => Promise<T>): Promise<T>;
}

export interface GateOptions {
  poller: Poller;
  maxJobs: number | null;
  perMinute: number;
}

export const createGate = ({ poller, maxJobs, perMinute }: GateOptions): Gate => {
  const submissions: number[] = [];
  const atOnce = pLimit(SBATCH_AT_ONCE);
  const oneByOne = pLimit(1);

  const waitForRate = async ({ signal, note }: ExecutorContext): Promise<void> => {
    for (;;) {
      const delay = rateDelayMs(submissions, perMinute, performance.now());
      if (delay <= 0) return;
      note(`waiting: ${perMinute} submissions per minute are this worker's limit`);
      await sleep(delay, undefined, { signal });
    }
  };

  const waitForPlace = async ({ signal, note }: ExecutorContext, max: number): Promise<void> => {
    let since = (poller.latest()?.startedAt ?? 0) || performance.now();
    for (;;) {
      signal.throwIfAborted();
      const round = await poller.after(since, false);
      const live = liveJobs(round);
      // A job submitted while squeue ran may be missing in its answer.
      const unseen = submissions.filter((at) => at >= round.startedAt).length;
      if (live !== null && live + unseen < max) return;
      note(
        live === null
          ? `waiting: ${round.error}`
          : `waiting: ${live + unseen} jobs, this worker's limit is ${max}`,
      );
      since = round.startedAt + 1;
    }
  };

  return {
    pass: async (context, work) => {
      await oneByOne(async () => {
        context.signal.throwIfAborted();
        await waitForRate(context);
        if (maxJobs !== null) await waitForPlace(context, maxJobs);
        submissions.push(performance.now());
        if (submissions.length > 2 * perMinute) submissions.splice(0, submissions.length - perMinute);
      });
      return atOnce(work);
    },
  };
};
