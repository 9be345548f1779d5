/** What becomes of one unit, from the evidence of a try, the tries before it and the request's policy. */
import type { EndCause } from '../batch/end-causes.js';
import { SCRIPT_EXITS } from '../batch/exit-codes.js';
import { asPlanned, raised } from './ask.js';
import { decideUnit, type UnitDecision } from './decide.js';
import type { BatchEvidence, TakenEvidence, UnitEvidence } from './evidence.js';
import { inVainMessage, takenMessage, unitMessage } from './messages.js';
import type { Policy } from './policy.js';
import { charged, permission, type Permission, type Spent } from './repeat.js';
import type { TriedUnit, UnitOutcome } from './unit-outcome.js';

const noRepeat: Permission = { budget: null, usedUp: false };

const wasRepeated = (spent: Spent): boolean => Object.keys(spent).length > 0;

const wasDrained = (quit: number | null): boolean =>
  quit === SCRIPT_EXITS.drained || quit === SCRIPT_EXITS.paused;

const isLimit = (cause: EndCause): boolean => cause === 'out_of_memory' || cause === 'timeout';

/**
 * Why the batch ended; null: its journal is complete and nothing else is known. A cancellation outranks everything but
 * a limit that was reached before; a refusal outranks nothing: where anything ran, it was not refused.
 */
export const causeOf = ({
  end,
  cancelled,
  refusal,
  complete,
  journalled,
  quit,
}: BatchEvidence): EndCause | null => {
  if (cancelled) return end !== null && isLimit(end.cause) ? end.cause : 'cancelled';
  // Told to start nothing more: a new job goes on where it stopped.
  if (end !== null) return end.cause === 'failed' && wasDrained(quit) ? 'node' : end.cause;
  if (complete) return null;
  return refusal !== null && !journalled ? 'failed' : 'node';
};

/** What happened to the unit in this try, whatever budgets say of it. */
export const lookAt = (unit: UnitEvidence, header: BatchEvidence): UnitDecision => {
  const { end, begun } = unit;
  const facts = {
    ...{ ended: end !== null, status: end?.status ?? null, begun },
    ...{ notExecutable: header.not_executable, closed: header.complete },
  };
  const cause = causeOf(header);
  const decision = decideUnit(facts, cause);
  // Somebody wanted the batch to end: nothing of it runs once more.
  const isOver = header.cancelled || cause === 'cancelled';
  return isOver && decision.status !== 'done' ? { ...decision, status: 'failed', repeat: null } : decision;
};

const triedUnit = (unit: UnitEvidence, header: BatchEvidence, decision: UnitDecision): TriedUnit => {
  const job_id = unit.end?.job_id ?? (unit.begun ? header.told_job : null);
  const told = header.end !== null && (job_id === null || job_id === header.told_job) ? header.end : null;
  return {
    n: header.try,
    begun: unit.begun,
    cause: decision.status === 'done' && unit.problem !== null ? 'invalid_output' : decision.cause,
    exit_code: decision.exit_code,
    signal: decision.signal,
    requested: header.requested,
    seconds: unit.end?.seconds ?? null,
    usage: told?.usage ?? null,
    state: told?.schedulerState ?? null,
    node: told?.node ?? unit.end?.host ?? null,
    job_id,
  };
};

/**
 * A unit that has run in vain and was not begun again: it has begun, so it never is one that never started, and how that
 * went stands until it runs again.
 *
 * @param earlier what it came to when it ran last, and in which try that was.
 */
export const notBegunAgain = (unit: UnitOutcome, earlier: UnitOutcome): UnitOutcome => {
  const { interrupted_in } = earlier;
  if (unit.cause !== 'never_started')
    return { ...unit, interrupted_in, message: unitMessage({ ...unit, interrupted_in }, 'in_vain') };
  const { status, wants, spent, barren, preemptions, tries } = unit;
  return {
    ...{ ...earlier, begun: false, interrupted: false },
    ...{ status, wants, spent, barren, preemptions, tries },
    message: inVainMessage(earlier),
  };
};

/** Of a unit that this try has not begun, what the tries before say. */
export const withEarlier = (unit: UnitOutcome, earlier: UnitOutcome | undefined): UnitOutcome =>
  unit.begun || earlier === undefined || earlier.interrupted_in === null
    ? unit
    : notBegunAgain(unit, earlier);

/** The earlier run has judged it. */
export const judgeTaken = (
  unit: UnitEvidence,
  taken: TakenEvidence,
  { component }: BatchEvidence,
): UnitOutcome => {
  const { record, ended_at } = taken;
  const isDone = taken.state === 'done';
  return {
    ...{ index: unit.index, component, zarr_url: unit.zarr_url, stem: unit.stem },
    ...{ status: isDone ? 'done' : 'failed', begun: false, interrupted: !isDone, interrupted_in: null },
    ...{ cause: isDone ? null : (record.cause ?? 'interrupted') },
    ...{ exit_code: record.exit_code, signal: record.signal, job_id: record.slurm_job_id },
    ...{ seconds: record.seconds, ended_at },
    message: isDone ? null : takenMessage(record.log_file, record.cause),
    ...{ lost_output: false, output: isDone ? unit.output : null, taken },
    ...{ wants: asPlanned, spent: {}, barren: 0, preemptions: 0, tries: [] },
  };
};

export interface Judging {
  header: BatchEvidence;
  policy: Policy;
  /** Of the tries before, by index. */
  before: ReadonlyMap<number, UnitOutcome>;
}

/** A unit whose run is over: done, failed, or to be repeated on a budget. */
const judgeRun = (
  outcome: UnitOutcome,
  { repeat }: UnitDecision,
  unit: UnitEvidence,
  { header, policy }: Judging,
): UnitOutcome => {
  if (outcome.status === 'done') {
    if (unit.problem === null) return { ...outcome, output: unit.output };
    const { problem: message, lost_output } = unit;
    return { ...outcome, status: 'failed', cause: 'invalid_output', message, lost_output };
  }
  const { wants, spent } = outcome;
  const { budget, usedUp } = repeat === null ? noRepeat : permission(repeat, spent, policy);
  if (budget === null)
    return {
      ...outcome,
      message: unitMessage(outcome, usedUp || wasRepeated(spent) ? 'in_vain' : 'forbidden'),
    };
  return {
    ...outcome,
    status: 'again',
    interrupted_in: header.try,
    spent: charged(spent, budget),
    wants: repeat === 'memory' || repeat === 'time' ? raised(wants, repeat) : wants,
    message: unitMessage(outcome, 'in_vain'),
  };
};

export const judgeUnit = (unit: UnitEvidence, decision: UnitDecision, judging: Judging): UnitOutcome => {
  const { header, before } = judging;
  const earlier = before.get(unit.index);
  const { end, begun } = unit;
  const { repeat: _, ...decided } = decision;
  const outcome: UnitOutcome = {
    ...{ index: unit.index, component: header.component, zarr_url: unit.zarr_url, stem: unit.stem },
    ...decided,
    begun,
    interrupted_in: decided.interrupted ? header.try : null,
    job_id: end?.job_id ?? (begun ? header.told_job : null),
    ...{ seconds: end?.seconds ?? null, ended_at: end?.ended_at ?? null },
    ...{ message: null, lost_output: false, output: null },
    wants: earlier?.wants ?? asPlanned,
    spent: earlier?.spent ?? {},
    barren: earlier?.barren ?? 0,
    preemptions: earlier?.preemptions ?? 0,
    tries: header.taken === true ? [] : [...(earlier?.tries ?? []), triedUnit(unit, header, decision)],
  };
  return begun || end !== null
    ? judgeRun(outcome, decision, unit, judging)
    : { ...outcome, message: unitMessage(outcome, 'forbidden') };
};
