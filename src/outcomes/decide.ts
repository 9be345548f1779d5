/**
 * What became of a unit, from what its node recorded and how its batch ended (docs/guarantees.md, "What becomes of a
 * unit"). Pure.
 *
 * The start of a unit is on record before its process starts, so "never started" is provable; a unit that has
 * begun is not begun again unless the request allows it, whatever ended it.
 */
import type { EndCause } from '../batch/contract.js';
import type { UnitCause } from '../wire/result.js';

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
}

export interface BatchFacts {
  /** null: the journal is complete and nothing else is known. */
  cause: EndCause | null;
  rerunInterrupted: boolean;
  /** False when the budget of tries is spent, or the batch was cancelled. */
  mayTryAgain: boolean;
}

export interface UnitDecision {
  status: 'done' | 'failed' | 'again';
  interrupted: boolean;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
}

const decided = (
  status: UnitDecision['status'],
  cause: UnitCause | null,
  more: Partial<UnitDecision> = {},
): UnitDecision => ({ status, cause, interrupted: false, exit_code: null, signal: null, ...more });

const interruptedCause: Record<EndCause, UnitCause> = {
  completed: 'interrupted',
  failed: 'interrupted',
  signal: 'interrupted',
  out_of_memory: 'out_of_memory',
  timeout: 'timeout',
  node: 'interrupted',
  cancelled: 'cancelled',
};

const decideInterrupted = (batch: BatchFacts, signal: number | null): UnitDecision => {
  const cause = batch.cause === null ? 'interrupted' : interruptedCause[batch.cause];
  const again = batch.rerunInterrupted && batch.mayTryAgain && batch.cause !== 'cancelled';
  return decided(again ? 'again' : 'failed', cause, { interrupted: true, signal });
};

const decideEnded = (status: number, batch: BatchFacts): UnitDecision => {
  if (status === 0) return decided('done', null, { exit_code: 0 });
  if (status < FIRST_SIGNAL_STATUS || status > LAST_SIGNAL_STATUS) {
    return decided('failed', 'exit', { exit_code: status });
  }
  const signal = status - 128;
  const outOfMemory = batch.cause === 'out_of_memory' && signal === SIGKILL;
  // A unit that its batch's end took along was interrupted, even when its shell lived to see it.
  const batchWasEnded = batch.cause === 'timeout' || batch.cause === 'node' || batch.cause === 'cancelled';
  if (outOfMemory || (batchWasEnded && SENT_BY_WHOEVER_ENDS.has(signal)))
    return decideInterrupted(batch, signal);
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
export const decideUnit = (unit: UnitFacts, batch: BatchFacts): UnitDecision => {
  if (unit.status !== null) return decideEnded(unit.status, batch);
  if (unit.notExecutable && !unit.begun) return decided('failed', 'not_executable');
  // An end without a status: it is over, and nobody knows how. It is not done.
  if (unit.begun || unit.ended) return decideInterrupted(batch, null);
  if (batch.cause === 'cancelled') return decided('failed', 'cancelled');
  const again = batch.mayTryAgain && (batch.cause === null || startsAgain[batch.cause]);
  return decided(again ? 'again' : 'failed', 'never_started');
};
