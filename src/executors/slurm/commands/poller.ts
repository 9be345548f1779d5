/**
 * One squeue at a time for a whole worker: status calls and look-ups share its answers.
 *
 * Nobody is polled for when nobody asks. A question names the moment after which squeue must have started; it is
 * answered from the last round, or by the next, which starts no earlier than the interval allows.
 */
import type { SlurmCommands } from './commands.js';
import { failureWords } from './commands.js';
import type { CommandEnd } from './sbatch.js';
import { parseSqueue, squeueArguments, type QueueRow } from './squeue.js';
import {
  POLL_JITTER_FRACTION,
  POLL_PAUSE_MAX_SECONDS,
  POLL_SLOWDOWN_FACTOR,
  URGENT_POLL_SPACING_SECONDS,
} from '../tunables.js';

export interface QueueRound {
  /** Milliseconds of `performance.now()`. */
  startedAt: number;
  /** null when squeue gave no answer: then nothing is known, and `error` says why. */
  rows: QueueRow[] | null;
  error: string;
}

export interface Poller {
  latest(): QueueRound | null;
  /** How long after the start of a round the next one starts; longer than the interval when squeue is slow. */
  gapMs(): number;
  /** The first round that started at `since` or later; urgent ones may come sooner than the interval. */
  after(since: number, urgent: boolean): Promise<QueueRound>;
}

export interface PollerOptions {
  commands: SlurmCommands;
  user: string;
  intervalSeconds: number;
  commandTimeoutSeconds: number;
  /** For tests; between 0 and 1. */
  random?: () => number;
}

interface Waiter {
  since: number;
  urgent: boolean;
  resolve(round: QueueRound): void;
}

/** Slow answers are the work of a busy controller. One that is away loses nothing by being asked. */
const pauseAfter = ({ exitCode, cutShort }: CommandEnd, durationMs: number): number =>
  exitCode === 0 || cutShort === 'timeout'
    ? Math.min(durationMs * POLL_SLOWDOWN_FACTOR, POLL_PAUSE_MAX_SECONDS * 1000)
    : 0;

export const createPoller = (options: PollerOptions): Poller => {
  const { commands, user, intervalSeconds, commandTimeoutSeconds, random = Math.random } = options;
  let last: QueueRound | null = null;
  let pauseMs = 0;
  let jitter = 1;
  let waiters: Waiter[] = [];
  let running = false;
  let timer: { dueAt: number; cancel(): void } | null = null;

  const ask = async (): Promise<QueueRound> => {
    const startedAt = performance.now();
    const end = await commands.ask('squeue', squeueArguments(user));
    pauseMs = pauseAfter(end, performance.now() - startedAt);
    if (end.exitCode !== 0)
      return { startedAt, rows: null, error: failureWords('squeue', end, commandTimeoutSeconds) };
    const rows = parseSqueue(end.stdout);
    return {
      startedAt,
      rows,
      error: rows === null ? `squeue said something else: ${end.stdout.trim().slice(0, 100)}` : '',
    };
  };

  const run = async (): Promise<void> => {
    running = true;
    timer = null;
    jitter = 1 + POLL_JITTER_FRACTION * (2 * random() - 1);
    const round = await ask();
    running = false;
    last = round;
    const [served, open] = [
      waiters.filter((w) => w.since <= round.startedAt),
      waiters.filter((w) => w.since > round.startedAt),
    ];
    waiters = open;
    for (const waiter of served) waiter.resolve(round);
    // eslint-disable-next-line @typescript-eslint/no-use-before-define -- the two name each other
    schedule();
  };

  const dueAt = (): number => {
    if (last === null) return 0;
    const urgent = waiters.some((waiter) => waiter.urgent);
    const spacing = urgent
      ? Math.min(URGENT_POLL_SPACING_SECONDS, intervalSeconds)
      : intervalSeconds * jitter;
    const start = last.startedAt + Math.max(spacing * 1000, pauseMs);
    return Math.max(start, Math.min(...waiters.map((waiter) => waiter.since)));
  };

  const schedule = (): void => {
    if (running || waiters.length === 0) return;
    const due = dueAt();
    if (timer !== null && timer.dueAt <= due) return;
    timer?.cancel();
    const handle = setTimeout(() => void run(), Math.max(0, Math.ceil(due - performance.now())));
    timer = {
      dueAt: due,
      cancel: () => {
        clearTimeout(handle);
      },
    };
  };

  return {
    latest: () => last,
    gapMs: () => Math.max(intervalSeconds * jitter * 1000, pauseMs),
    after: (since, urgent) => {
      if (last !== null && last.startedAt >= since) return Promise.resolve(last);
      return new Promise((resolve) => {
        waiters.push({ since, urgent, resolve });
        schedule();
      });
    },
  };
};
