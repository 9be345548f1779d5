/**
 * Where a run stands for its operator, and what may be asked of it there: the state machine of docs/updates.md. Pure.
 *
 * ```
 *            pause                    its batches have ended
 *  running ────────▶ pausing ────────────────────────────▶ paused
 *     ▲ ▲               │ resume                             │ resume
 *     │ └───────────────┴────────────────────────────────────┘
 *     │ retry; skip, when no unit is left open      (units failed, on_failure "wait")
 *   held ◀──────────────────────────────────────── running, pausing
 *
 *  stop:   held ─▶ failed;   running, pausing, paused ─▶ stopping ─▶ cancelling ─▶ cancelled
 *  cancel: any ─▶ cancelling ─▶ cancelled
 * ```
 */
import type { Progress } from '../../wire/progress.js';
import type { RunStatus } from '../../wire/result.js';
import type { UpdateName } from '../../wire/updates.js';

export interface Standing {
  /** How it ended; null while it lives. */
  ended: RunStatus | null;
  /** Its cancellation has begun: its batches are being ended. */
  cancelling: boolean;
  /** Somebody has said stop, and that is under way. */
  stopping: boolean;
  /** It waits for its operator. */
  held: boolean;
  /** null: not paused. */
  paused: { now: boolean } | null;
  /** Something of it is at work: batches, or one of its short activities. */
  active: boolean;
}

export const statusOf = (standing: Standing): Progress['status'] => {
  if (standing.ended !== null) return standing.ended;
  if (standing.cancelling) return 'cancelling';
  if (standing.stopping) return 'stopping';
  if (standing.held) return 'held';
  if (standing.paused !== null) return standing.active ? 'pausing' : 'paused';
  return 'running';
};

const over = (standing: Standing): string | null => {
  const status = statusOf(standing);
  if (standing.ended !== null) return `the run has ended: ${status}`;
  if (standing.cancelling || standing.stopping) return `the run is ${status}`;
  return null;
};

const onlyHeld = (standing: Standing): string | null =>
  standing.held
    ? null
    : `the run is ${statusOf(standing)}, not held: it waits for nobody's word. A run is held when units of a task have failed and recovery.on_failure is "wait"`;

/** Why an update cannot be done where the run stands; null where it can. */
const refusals: { [Name in UpdateName]: (standing: Standing, now: boolean) => string | null } = {
  pause: (standing, now) => {
    if (standing.held) return 'the run is held: nothing of it runs that could be paused';
    if (standing.paused === null) return null;
    if (now && !standing.paused.now) return null;
    return `the run is ${statusOf(standing)} already`;
  },
  resume: (standing) =>
    standing.paused !== null
      ? null
      : `the run is ${statusOf(standing)}, not paused${standing.held ? '; retry, skip or stop it' : ''}`,
  retry: onlyHeld,
  skip: onlyHeld,
  stop: () => null,
};

/** @param now of `pause`. */
export const refusalOf = (name: UpdateName, standing: Standing, now = false): string | null =>
  over(standing) ?? refusals[name](standing, now);
