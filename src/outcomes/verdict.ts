/**
 * The verdict on a batch: what becomes of each unit and what the next try asks for, from the evidence of all its tries
 * and the request's policy (docs/guarantees.md, "Evidence and verdict"). Pure: the same evidence gives the same verdict,
 * whoever asks, however often.
 */
import type { EndCause } from '../batch/contract.js';
import { SCRIPT_EXITS } from '../batch/exit-codes.js';
import { asPlanned, most, partName, raised, type Ask } from './ask.js';
import { decideUnit, type UnitDecision } from './decide.js';
import type { BatchEvidence, TakenEvidence, TryEvidence, UnitEvidence } from './evidence.js';
import { takenMessage, unitMessage } from './messages.js';
import type { Policy } from './policy.js';
import { charged, permission, type Permission, type Spent } from './repeat.js';
import { MAX_AVOIDED_NODES } from './tunables.js';
import type { JobRecord, Outcome, TriedUnit, UnitOutcome } from './unit-outcome.js';

/** What the tries of a batch have come to so far. */
export interface Verdict {
  /** One a part of a try, in their order. */
  outcomes: readonly Outcome[];
  /** What the last try that was to run it has come to, by index. */
  units: ReadonlyMap<number, UnitOutcome>;
  /** Nodes that the next try avoids, the newest last. */
  badNodes: readonly string[];
}

const noRepeat: Permission = { budget: null, usedUp: false };

const wasRepeated = (spent: Spent): boolean => Object.keys(spent).length > 0;

export const noVerdict: Verdict = { outcomes: [], units: new Map(), badNodes: [] };

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

const jobsOf = ({ job_ids: ids, told_job: told, job_name, end, requested }: BatchEvidence): JobRecord[] =>
  ids.map((job_id) => ({
    job_id,
    job_name,
    state: job_id === told ? (end?.schedulerState ?? null) : null,
    node: job_id === told ? (end?.node ?? null) : null,
    usage: job_id === told ? (end?.usage ?? null) : null,
    requested,
  }));

/** What happened to the unit in this try, whatever budgets say of it. */
const lookAt = (unit: UnitEvidence, header: BatchEvidence): UnitDecision => {
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
 * A unit that this try has not begun, and that an earlier one has run in vain: it has begun, so it never is one that never
 * started, and how that went stands until it runs again.
 */
const withEarlier = (unit: UnitOutcome, earlier: UnitOutcome | undefined): UnitOutcome => {
  if (unit.begun || earlier === undefined || earlier.interrupted_in === null) return unit;
  const { interrupted_in } = earlier;
  if (unit.cause !== 'never_started')
    return { ...unit, interrupted_in, message: unitMessage({ ...unit, interrupted_in }, 'in_vain') };
  const { status, wants, spent, barren, preemptions, tries } = unit;
  const kept: UnitOutcome = {
    ...{ ...earlier, begun: false, interrupted: false },
    ...{ status, wants, spent, barren, preemptions, tries },
  };
  return { ...kept, message: unitMessage(kept, 'in_vain') };
};

/** The earlier run has judged it. */
const judgeTaken = (unit: UnitEvidence, taken: TakenEvidence, { component }: BatchEvidence): UnitOutcome => {
  const { record, ended_at } = taken;
  const isDone = taken.state === 'done';
  return {
    ...{ index: unit.index, component, zarr_url: unit.zarr_url, stem: unit.stem },
    ...{ status: isDone ? 'done' : 'failed', begun: false, interrupted: !isDone, interrupted_in: null },
    ...{ cause: isDone ? null : (record.cause ?? 'interrupted') },
    ...{ exit_code: record.exit_code, signal: record.signal, job_id: record.slurm_job_id },
    ...{ seconds: record.seconds, ended_at },
    message: isDone ? null : takenMessage(record.log_file),
    ...{ lost_output: false, output: isDone ? unit.output : null, taken },
    ...{ wants: asPlanned, spent: {}, barren: 0, preemptions: 0, tries: [] },
  };
};

interface Judging {
  header: BatchEvidence;
  policy: Policy;
  /** Of the tries before, by index. */
  before: Verdict['units'];
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

const judgeUnit = (unit: UnitEvidence, decision: UnitDecision, judging: Judging): UnitOutcome => {
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
    tries: [...(earlier?.tries ?? []), triedUnit(unit, header, decision)],
  };
  return begun || end !== null
    ? judgeRun(outcome, decision, unit, judging)
    : { ...outcome, message: unitMessage(outcome, 'forbidden') };
};

/** What never started waits for another try, as often as that is of any use. */
const bounded = (units: UnitOutcome[], { header, policy }: Judging): UnitOutcome[] => {
  // A unit that is only begun once more is no progress.
  const progressed = units.some((unit) => unit.seconds !== null && unit.status !== 'again');
  const wasPreempted = header.end?.preempted === true;
  // Nor is a pause a failure: however often, it costs nothing.
  const isCounted = !wasPreempted && header.quit !== SCRIPT_EXITS.paused;
  return units.map((unit) => {
    if (progressed || unit.begun) return { ...unit, barren: 0, preemptions: 0 };
    const barren = unit.barren + (isCounted ? 1 : 0);
    const preemptions = unit.preemptions + (wasPreempted ? 1 : 0);
    const isOver = barren >= policy.maxTriesWithoutProgress || preemptions >= policy.maxPreemptions;
    const status = isOver && unit.status === 'again' ? 'failed' : unit.status;
    return { ...unit, status, barren, preemptions };
  });
};

/** Of an older request: what runs again has one size, the largest. */
const ofOneSize = (units: UnitOutcome[], { policy }: Judging): UnitOutcome[] => {
  if (policy.inParts) return units;
  const wants = most(units.filter(({ status }) => status === 'again').map((unit) => unit.wants));
  return units.map((unit) => (unit.status === 'again' ? { ...unit, wants } : unit));
};

const nodesToAvoid = ({ end }: BatchEvidence, before: readonly string[]): string[] => {
  if (end?.nodeAtFault !== true || end.node === null) return [...before];
  return [...before.filter((node) => node !== end.node), end.node].slice(-MAX_AVOIDED_NODES);
};

const judgePart = ({ header, units }: TryEvidence, verdict: Verdict, policy: Policy): Outcome => {
  const judging = { header, policy, before: verdict.units };
  const judged = units.map((unit) =>
    unit.taken === undefined
      ? judgeUnit(unit, lookAt(unit, header), judging)
      : judgeTaken(unit, unit.taken, header),
  );
  return {
    header: {
      key: header.key,
      try: header.try,
      batch: header.batch,
      backend: header.backend,
      jobs: jobsOf(header),
      cause: causeOf(header),
      message: header.journalled
        ? (header.end?.message ?? null)
        : (header.refusal ?? header.end?.message ?? null),
      script: header.script,
      stdout_file: header.stdout_file,
      stderr_file: header.stderr_file,
      unreadable: header.unreadable,
      bad_nodes: nodesToAvoid(header, verdict.badNodes),
    },
    units: ofOneSize(bounded(judged, judging), judging).map((unit) =>
      withEarlier(unit, verdict.units.get(unit.index)),
    ),
  };
};

/**
 * The verdict after one more try, whose parts know nothing of each other: what becomes of a unit is told by its own part and
 * the tries before. `again` are the units that the next try is to run.
 *
 * @param parts of the try, in the order of their names; usually one.
 */
export const judgeTry = (before: Verdict, parts: readonly TryEvidence[], policy: Policy): Verdict => {
  const outcomes = parts.map((part) => judgePart(part, before, policy));
  const units = new Map(before.units);
  for (const outcome of outcomes) for (const unit of outcome.units) units.set(unit.index, unit);
  const badNodes = parts.reduce((nodes, { header }) => nodesToAvoid(header, nodes), [...before.badNodes]);
  return { outcomes: [...before.outcomes, ...outcomes], units, badNodes };
};

/** Units that the next try runs together, since they ask for the same. */
export interface Part {
  name: string;
  asks: Ask;
  units: UnitOutcome[];
}

/** The parts of the try that follows, in the order of their names; none where nothing runs again. */
export const nextParts = ({ units }: Pick<Verdict, 'units'>, { inParts }: Policy): Part[] => {
  const parts = new Map<string, Part>();
  for (const unit of units.values()) {
    if (unit.status !== 'again') continue;
    const name = inParts ? partName(unit.wants) : '';
    const part = parts.get(name) ?? { name, asks: unit.wants, units: [] };
    part.units.push(unit);
    parts.set(name, part);
  }
  return [...parts.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
};
