/**
 * When a user's worker is started. Pure.
 *
 * K1. On demand: something waits at its queues, and no living worker polls them.
 * K2. One that ended in order (idle, told to) is started on demand again, at once.
 * K3. One that failed is started again without a demand, since batches of its may run: after a wait that doubles from
 *     failure to failure, and begins anew once a worker has been ready for a while.
 * K4. Never while one of its own lives.
 */
import type { Demand } from './demand.js';
import { BACKOFF_FIRST_MS, BACKOFF_LONGEST_MS, HEALTHY_MS } from './tunables.js';

export interface Kept {
  /** `resting`: none is needed; `waiting`: one has failed, the next is due at `dueMs`. */
  state: 'resting' | 'starting' | 'running' | 'ending' | 'waiting';
  sinceMs: number;
  dueMs: number;
  /** Failures in a row. */
  failures: number;
  starts: number;
}

export const atRest = (nowMs: number): Kept => ({
  ...{ state: 'resting', sinceMs: nowMs, dueMs: 0, failures: 0, starts: 0 },
});

export const isAlive = ({ state }: Kept): boolean =>
  state === 'starting' || state === 'running' || state === 'ending';

/** Is it worth asking the server? */
export const needsLook = (kept: Kept, nowMs: number): boolean =>
  !isAlive(kept) && (kept.state === 'resting' || nowMs >= kept.dueMs);

export const isDue = (kept: Kept, { backlog, polledBy }: Demand, nowMs: number): boolean =>
  needsLook(kept, nowMs) && polledBy.length === 0 && (kept.state === 'waiting' || backlog > 0);

export const started = (kept: Kept, nowMs: number): Kept => ({
  ...kept,
  ...{ state: 'starting', sinceMs: nowMs, starts: kept.starts + 1 },
});

export const ready = (kept: Kept, nowMs: number): Kept =>
  kept.state === 'starting' ? { ...kept, state: 'running', sinceMs: nowMs } : kept;

export const ending = (kept: Kept, nowMs: number): Kept =>
  isAlive(kept) ? { ...kept, state: 'ending', sinceMs: nowMs } : kept;

export const ended = (kept: Kept, inOrder: boolean, nowMs: number): Kept => {
  if (inOrder || kept.state === 'ending') return { ...atRest(nowMs), starts: kept.starts };
  const wasHealthy = kept.state === 'running' && nowMs - kept.sinceMs >= HEALTHY_MS;
  const failures = wasHealthy ? 1 : kept.failures + 1;
  const wait = Math.min(BACKOFF_LONGEST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return { ...kept, state: 'waiting', sinceMs: nowMs, dueMs: nowMs + wait, failures };
};
