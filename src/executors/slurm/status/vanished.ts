/**
 * When a job that SLURM no longer shows counts as gone (docs/slurm.md, vanished jobs). Pure.
 *
 * Absence proves nothing by itself: a controller that restarts, a wrapper that fails or an empty answer look the
 * same. So it has to last, and everybody who could know the job must deny it.
 */
import { classOfState } from '../commands/states.js';

export type Observation = 'seen' | 'absent' | 'error';

/** Since when (ms, any clock) the job has been absent without a break; null while it is not. */
export const absentSince = (before: number | null, observation: Observation, at: number): number | null =>
  observation === 'absent' ? (before ?? at) : null;

/** What the controller says of the id: unknown to it, another job's now, ours after all, or no answer. */
export type ControllerWord = 'unknown_id' | 'other_job' | 'ours' | 'error';

export type AccountingWord =
  | { kind: 'off' }
  | { kind: 'absent' }
  | { kind: 'error' }
  /** `overdue`: longer ago than its time limit allows. */
  | { kind: 'state'; state: string; overdue: boolean };

export type Verdict = 'vanished' | 'wait' | 'start_anew';

export interface Evidence {
  absentMs: number;
  windowMs: number;
  controller: ControllerWord;
  accounting: AccountingWord;
}

/**
 * A job that a crashed controller has forgotten stays PENDING in the accounts for ever, and RUNNING when it was: the
 * one never counts, the other only as long as its time limit lets it live.
 */
const isLive = ({ state, overdue }: { state: string; overdue: boolean }): boolean =>
  classOfState(state) === 'running' && !overdue;

/** `start_anew`: somebody erred or knows the job, so its absence has not begun. */
export const judgeAbsence = ({ absentMs, windowMs, controller, accounting }: Evidence): Verdict => {
  if (controller === 'error' || controller === 'ours' || accounting.kind === 'error') return 'start_anew';
  if (absentMs < windowMs) return 'wait';
  return accounting.kind === 'state' && isLive(accounting) ? 'wait' : 'vanished';
};

/**
 * How long a job must be absent.
 *
 * @param settings of the cluster; null where not known.
 */
export const vanishWindowMs = (
  configuredSeconds: number | null,
  settings: { slurmdTimeoutSeconds: number | null; killWaitSeconds: number | null },
  defaults: { minimum: number; margin: number; slurmdTimeout: number; killWait: number },
): number => {
  const fromCluster =
    (settings.slurmdTimeoutSeconds ?? defaults.slurmdTimeout) +
    (settings.killWaitSeconds ?? defaults.killWait) +
    defaults.margin;
  return (configuredSeconds ?? Math.max(defaults.minimum, fromCluster)) * 1000;
};
