/**
 * The verdict on a batch: what becomes of each unit and what the next try asks for, from the evidence of all its tries
 * and the request's policy (docs/guarantees.md, "Evidence and verdict"). Pure: the same evidence gives the same verdict,
 * whoever asks, however often.
 */
import { SCRIPT_EXITS } from '../batch/exit-codes.js';
import { most } from './ask.js';
import type { BatchEvidence, TryEvidence } from './evidence.js';
import type { Policy } from './policy.js';
import { MAX_AVOIDED_NODES } from './tunables.js';
import { causeOf, judgeTaken, judgeUnit, lookAt, withEarlier, type Judging } from './unit-verdict.js';
import type { JobRecord, Outcome, UnitOutcome } from './unit-outcome.js';

/** What the tries of a batch have come to so far. */
export interface Verdict {
  /** One a part of a try, in their order. */
  outcomes: readonly Outcome[];
  /** What the last try that was to run it has come to, by index. */
  units: ReadonlyMap<number, UnitOutcome>;
  /** Nodes that the next try avoids, the newest last. */
  badNodes: readonly string[];
}

export const noVerdict: Verdict = { outcomes: [], units: new Map(), badNodes: [] };

const jobsOf = ({ job_ids: ids, told_job: told, job_name, end, requested }: BatchEvidence): JobRecord[] =>
  ids.map((job_id) => ({
    job_id,
    job_name,
    state: job_id === told ? (end?.schedulerState ?? null) : null,
    node: job_id === told ? (end?.node ?? null) : null,
    usage: job_id === told ? (end?.usage ?? null) : null,
    requested,
  }));

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
