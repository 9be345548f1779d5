/**
 * What became of a unit, from what its node recorded and how its batch ended (docs/guarantees.md, "What becomes of a
 * unit"). Pure.
 *
 * The start of a unit is on record before its process starts, so "never started" is provable; a unit that has
 * begun is not begun again unless the request allows it, whatever ended it.
 */
import type { EndCause } from '../batch/end-causes.js';
import type { UnitCause } from '../wire/result.js';
import type { RepeatCause } from './repeat.js';

/** A shell reports death by signal n as 128 + n; signals end at 64. */
const FIRST_SIGNAL_STATUS = 129;
const LAST_SIGNAL_STATUS = 192;
const SIGKILL = 9;

/**
 * What whoever ends a batch sends: SIGHUP, SIGINT, SIGKILL, SIGTERM, and SIGXCPU at a limit of CPU time. A unit that died
 * of anything else (SIGSEGV, SIGABRT, SIGFPE) died by itself.
 */
const SENT_BY_WHOEVER_ENDS: ReadonlySet<number> = new Set([1, 2, SIGKILL, 15, 24]);

export interface UnitFacts {
  ended: boolean;
  /** Exit status as the script's shell saw it; null when no end was recorded, or the shell did not learn it. */
  status: number | null;
  /** Its command cannot be executed on the node. */
  notExecutable: boolean;
  /** It was claimed. */
  begun: boolean;
  /** A copy of the script has come to the end of its list. */
  closed: boolean;
}

export interface UnitDecision {
  /** `again`: it never started, and may run with another try of its batch. */
  status: 'done' | 'failed' | 'again';
  interrupted: boolean;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  /** What would pay for another run of a unit that has run; null: nothing. */
  repeat: RepeatCause | null;
}

/** How a batch ended; null: its journal is complete and nothing else is known. */
type BatchCause = EndCause | null;

const decided = (
  status: UnitDecision['status'],
  cause: UnitCause | null,
  more: Partial<UnitDecision> = {},
): UnitDecision => ({
  ...{ status, cause, interrupted: false, exit_code: null, signal: null, repeat: null },
  ...more,
});

const interruptedCause: Record<EndCause, UnitCause> = {
  completed: 'interrupted',
  failed: 'interrupted',
  signal: 'interrupted',
  out_of_memory: 'out_of_memory',
  timeout: 'timeout',
  node: 'interrupted',
  cancelled: 'cancelled',
};

const interruptionKind: Record<EndCause, RepeatCause | null> = {
  completed: 'interruption',
  failed: 'interruption',
  signal: 'interruption',
  out_of_memory: 'memory',
  timeout: 'time',
  node: 'infrastructure',
  cancelled: null,
};

const decideInterrupted = (cause: BatchCause, signal: number | null, isLost = false): UnitDecision =>
  decided('failed', cause === null ? 'interrupted' : interruptedCause[cause], {
    ...{ interrupted: true, signal },
    repeat: isLost ? 'infrastructure' : cause === null ? 'interruption' : interruptionKind[cause],
  });

const decideEnded = (status: number, cause: BatchCause): UnitDecision => {
  if (status === 0) return decided('done', null, { exit_code: 0 });
  if (status < FIRST_SIGNAL_STATUS || status > LAST_SIGNAL_STATUS) {
    return decided('failed', 'exit', { exit_code: status, repeat: `exit ${status}` });
  }
  const signal = status - 128;
  const outOfMemory = cause === 'out_of_memory' && signal === SIGKILL;
  // A unit that its batch's end took along was interrupted, even when its shell lived to see it.
  const batchWasEnded = cause === 'timeout' || cause === 'node' || cause === 'cancelled';
  if (outOfMemory || (batchWasEnded && SENT_BY_WHOEVER_ENDS.has(signal)))
    return decideInterrupted(cause, signal);
  return decided('failed', 'signal', { signal });
};

/** Whether units that never started are run again by themselves after such an end. */
const startsAgain: Record<EndCause, boolean> = {
  completed: true,
  // The script itself failed (disk full, a failing preamble): it would fail again.
  failed: false,
  signal: true,
  out_of_memory: true,
  timeout: true,
  node: true,
  cancelled: false,
};

/** Decides one unit. */
export const decideUnit = (unit: UnitFacts, cause: BatchCause): UnitDecision => {
  if (unit.status !== null) return decideEnded(unit.status, cause);
  if (unit.notExecutable && !unit.begun) return decided('failed', 'not_executable');
  // An end without a status: it is over, and nobody knows how. It is not done.
  if (unit.ended) return decideInterrupted(cause, null);
  // One copy has closed, so it was another that began the unit: its job went away with its node and came back (a requeue).
  if (unit.begun)
    return decideInterrupted(cause, null, unit.closed && (cause === null || cause === 'completed'));
  if (cause === 'cancelled') return decided('failed', 'cancelled');
  return decided(cause === null || startsAgain[cause] ? 'again' : 'failed', 'never_started');
};
