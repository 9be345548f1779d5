/**
 * The verdict on a batch: what becomes of each unit and what the next try asks for, from the evidence of all its tries
 * and the request's policy (docs/guarantees.md, "Evidence and verdict"). Pure: the same evidence gives the same verdict,
 * whoever asks, however often.
 */
import type { EndCause } from '../batch/contract.js';
import { SCRIPT_EXITS } from '../batch/exit-codes.js';
import { decideUnit, type BatchFacts } from './decide.js';
import type { BatchEvidence, TakenEvidence, TryEvidence, UnitEvidence } from './evidence.js';
import { takenMessage, unitMessage } from './messages.js';
import type { Policy } from './policy.js';
import { MAX_AVOIDED_NODES } from './tunables.js';
import type { JobRecord, Outcome, OutcomeHeader, UnitOutcome } from './unit-outcome.js';

/** What the tries before have come to. */
interface Before {
  header: Pick<OutcomeHeader, 'barren' | 'raised' | 'bad_nodes'>;
  units: readonly UnitOutcome[];
}

const nothingBefore: Before = {
  header: { barren: 0, raised: { memory: 0, time: 0 }, bad_nodes: [] },
  units: [],
};

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

/**
 * A unit that this try has not begun, and that an earlier one had interrupted: it has begun, so it never is one that never
 * started, and how that went stands until it runs again.
 */
const withEarlier = (unit: UnitOutcome, earlier: UnitOutcome | undefined, mayRerun: boolean): UnitOutcome => {
  if (unit.begun || earlier === undefined || earlier.interrupted_in === null) return unit;
  const { interrupted_in } = earlier;
  const kept: UnitOutcome =
    unit.cause === 'never_started'
      ? { ...earlier, status: unit.status, begun: false, interrupted: false }
      : { ...unit, interrupted_in };
  return { ...kept, message: unitMessage(kept, mayRerun) };
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
  };
};

const judgeUnit = (unit: UnitEvidence, header: BatchEvidence, facts: BatchFacts): UnitOutcome => {
  const { end, taken } = unit;
  if (taken !== undefined) return judgeTaken(unit, taken, header);
  const decision = decideUnit(
    {
      ended: end !== null,
      status: end?.status ?? null,
      notExecutable: header.not_executable,
      begun: unit.begun,
    },
    facts,
  );
  const outcome: UnitOutcome = {
    index: unit.index,
    component: header.component,
    zarr_url: unit.zarr_url,
    stem: unit.stem,
    ...decision,
    begun: unit.begun,
    interrupted_in: decision.interrupted ? header.try : null,
    job_id: end?.job_id ?? (unit.begun ? header.told_job : null),
    seconds: end?.seconds ?? null,
    ended_at: end?.ended_at ?? null,
    message: null,
    lost_output: false,
    output: null,
  };
  const told = { ...outcome, message: unitMessage(outcome, facts.rerunInterrupted) };
  if (decision.status !== 'done') return told;
  if (unit.problem === null) return { ...told, output: unit.output };
  const { problem: message, lost_output } = unit;
  return { ...told, status: 'failed', cause: 'invalid_output', message, lost_output };
};

/** Counts the limits for the next try; a try that reached none of them asks for no more than it had. */
const raisedBy = (
  units: UnitOutcome[],
  cause: EndCause | null,
  before: OutcomeHeader['raised'],
): OutcomeHeader['raised'] => {
  if (!units.some((unit) => unit.status === 'again' && unit.interrupted)) return before;
  return {
    memory: before.memory + (cause === 'out_of_memory' ? 1 : 0),
    time: before.time + (cause === 'timeout' ? 1 : 0),
  };
};

const nodesToAvoid = ({ end }: BatchEvidence, before: string[]): string[] => {
  if (end?.nodeAtFault !== true || end.node === null) return before;
  return [...before.filter((node) => node !== end.node), end.node].slice(-MAX_AVOIDED_NODES);
};

const judgeTry = ({ header, units }: TryEvidence, before: Before, policy: Policy): Outcome => {
  const cause = causeOf(header);
  const judge = (mayTryAgain: boolean): UnitOutcome[] => {
    const facts: BatchFacts = { cause, rerunInterrupted: policy.rerunInterrupted, mayTryAgain };
    return units.map((unit) => judgeUnit(unit, header, facts));
  };
  const hopeful = judge(!header.cancelled);
  // A unit that is only begun once more is no progress: a limit that it always reaches would never end.
  const progressed = hopeful.some((unit) => unit.seconds !== null && unit.status !== 'again');
  // Nor is a pause a failure: however often, it costs nothing.
  const paused = header.quit === SCRIPT_EXITS.paused;
  const barren = progressed ? 0 : before.header.barren + (paused ? 0 : 1);
  const judged = barren < policy.maxTriesWithoutProgress ? hopeful : judge(false);
  const earlier = new Map(before.units.map((unit) => [unit.index, unit]));
  return {
    header: {
      key: header.key,
      try: header.try,
      batch: header.batch,
      backend: header.backend,
      jobs: jobsOf(header),
      cause,
      message: header.journalled
        ? (header.end?.message ?? null)
        : (header.refusal ?? header.end?.message ?? null),
      script: header.script,
      stdout_file: header.stdout_file,
      stderr_file: header.stderr_file,
      unreadable: header.unreadable,
      bad_nodes: nodesToAvoid(header, before.header.bad_nodes),
      raised: raisedBy(judged, cause, before.header.raised),
      barren,
    },
    units: judged.map((unit) => withEarlier(unit, earlier.get(unit.index), policy.rerunInterrupted)),
  };
};

/** One outcome a try, in their order; `again` in the last one is what a next try is to run. */
export const judgeTries = (tries: readonly TryEvidence[], policy: Policy): Outcome[] => {
  const outcomes: Outcome[] = [];
  for (const evidence of tries) {
    outcomes.push(judgeTry(evidence, outcomes.at(-1) ?? nothingBefore, policy));
  }
  return outcomes;
};
