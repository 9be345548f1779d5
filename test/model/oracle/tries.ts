/**
 * A batch, try after try, the way docs/guarantees.md tells it ("What becomes of a unit", "Begun is begun"): what each
 * unit comes to, what each try runs and asks for.
 */
import type { PlayedEnd } from '../task/ends.js';
import { isSignal, type Unit } from './units.js';
import type { TryView } from './view.js';

/** Tries in a row in which no unit comes to an end, after which there is no other. */
const BARREN_TRIES = 5;
const MOST_AVOIDED = 8;
/** SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGXCPU: sent by whoever ends a batch. */
const SENT = [1, 2, 9, 15, 24];

/** Repeats of one unit that `rerun_interrupted` pays for. */
const RERUNS = 5;

/** What `recovery` says of a task. */
export interface OraclePolicy {
  rerun: boolean;
  memory: { tries: number; factor: number };
  time: { tries: number; factor: number };
  /** null: nobody gave it. */
  infrastructure: number | null;
  exitCodes: Record<string, number>;
  onFailure: string;
}

export interface OracleBatch {
  stage: 'first' | 'compute';
  number: number;
  units: Unit[];
  /** How each try of it ends; none where every unit comes to its own end. */
  ends: PlayedEnd[];
  isExecutable: boolean;
  policy: OraclePolicy;
  /** Number of its first try: those of a retry go on. */
  firstTry: number;
  /** What becomes of a unit that comes to its own end. */
  play: (unit: Unit) => { status: number; unit: Unit };
}

/** What a batch came to, as its scheduler and its script say; `whole`: its script has seen every unit end. */
type Came = 'whole' | 'completed' | 'failed' | 'signal' | 'out_of_memory' | 'timeout' | 'node' | 'cancelled';

const came = ({ word }: PlayedEnd, scriptSpoke: boolean): Came => {
  if (word === 'refused') return 'failed';
  if (word === 'drained') return scriptSpoke ? 'node' : 'failed';
  return word === 'node_fail' || word === 'preempted' || word === 'vanished' ? 'node' : word;
};

const INTERRUPTED_CAUSE: Record<Came, string> = {
  ...{ whole: 'interrupted', completed: 'interrupted', failed: 'interrupted', signal: 'interrupted' },
  ...{ out_of_memory: 'out_of_memory', timeout: 'timeout', node: 'interrupted', cancelled: 'cancelled' },
};

const tookAlong = (cause: Came, signal: number): boolean =>
  (cause === 'out_of_memory' && signal === 9) ||
  (['timeout', 'node', 'cancelled'].includes(cause) && SENT.includes(signal));

interface Fate {
  unit: Unit;
  /** To run again, if a budget allows it; a unit that never began needs none. */
  again: 'never_began' | Came | `exit ${number}` | null;
  begun: boolean;
  /** Its node has written down that it ended. */
  recorded: boolean;
}

const failed = (unit: Unit, cause: string, signal: number | null = null): Unit => ({
  ...unit,
  ...{ status: 'failed', cause, signal, exit_code: null, output: null, type: 'JobExecutionError' },
});

/** A unit that waits for a try, and what it has spent. */
interface Open {
  unit: Unit;
  barren: number;
  spent: Record<string, number>;
  memory: number;
  time: number;
}

/** Which budget pays for a repeat; null where none does. */
const payer = (
  cause: NonNullable<Fate['again']>,
  spent: Open['spent'],
  policy: OraclePolicy,
): string | null => {
  const pays = (name: string, tries: number): string | null => ((spent[name] ?? 0) < tries ? name : null);
  if (cause.startsWith('exit')) return pays(cause, policy.exitCodes[cause.slice(5)] ?? 0);
  if (cause === 'cancelled') return null;
  const own = {
    out_of_memory: policy.memory.tries,
    timeout: policy.time.tries,
    node: policy.infrastructure ?? 0,
  }[cause as string];
  if (own !== undefined && own > 0) return pays(cause, own);
  return policy.rerun ? pays('rerun', RERUNS) : null;
};

interface PartEnd {
  fates: Fate[];
  badNode: string | null;
  wasPreempted: boolean;
  /** Its command cannot be executed. */
  impossible: boolean;
}

/** One part of a try: who plays, who is taken along, who waits. */
const playPart = (batch: OracleBatch, open: Unit[], end: PlayedEnd | undefined): PartEnd => {
  const nothingBegins = end !== undefined && (end.word === 'refused' || end.silent);
  if (!nothingBegins && !batch.isExecutable)
    return { fates: [], badNode: null, wasPreempted: false, impossible: true };
  const endedCount = nothingBegins ? 0 : (end?.ended ?? open.length);
  const playing = open.slice(0, endedCount);
  const taken = nothingBegins ? [] : open.slice(endedCount, endedCount + (end?.running ?? 0));
  const plays = playing.map(batch.play);
  const statuses = plays.map(({ status }) => status);
  const left = end?.left ?? 'nothing';
  const takenStatus = { nothing: null, SIGKILL: 137, SIGTERM: 143, unknown: null }[left];
  const isWhole =
    !nothingBegins &&
    playing.length + taken.length === open.length &&
    (taken.length === 0 || left !== 'nothing');
  const holdsKill = statuses.includes(137) || (taken.length > 0 && takenStatus === 137);
  const asked = !isWhole || holdsKill;
  const cause: Came =
    end === undefined
      ? asked
        ? 'completed'
        : 'whole'
      : asked
        ? came(end, !isWhole && !nothingBegins)
        : 'whole';

  const fateOf = (unit: Unit, place: number): Fate => {
    const begun = { ...unit, runs: unit.runs + 1 };
    const takenAlong = (signal: number | null, recorded: boolean): Fate => ({
      unit: failed(begun, INTERRUPTED_CAUSE[cause], signal),
      again: cause,
      ...{ begun: true, recorded },
    });
    const played = plays[place];
    const status = played?.status ?? (place < playing.length + taken.length ? takenStatus : null);
    if (status !== null && isSignal(status) && tookAlong(cause, status - 128))
      return takenAlong(status - 128, true);
    if (played !== undefined) {
      const code = played.unit.cause === 'exit' && cause !== 'cancelled' ? played.unit.exit_code : null;
      return {
        unit: { ...played.unit, runs: begun.runs },
        again: code === null ? null : `exit ${code}`,
        ...{ begun: true, recorded: true },
      };
    }
    if (status !== null)
      return { unit: failed(begun, 'signal', status - 128), again: null, begun: true, recorded: true };
    if (place < playing.length + taken.length) return takenAlong(null, left === 'unknown');
    const waiting = { begun: false, recorded: false };
    if (cause === 'cancelled') return { unit: failed(unit, 'cancelled'), again: null, ...waiting };
    // What has run before has begun, and is not said to have never started.
    return {
      unit: unit.runs > 0 ? unit : failed(unit, 'never_started'),
      again: cause === 'failed' ? null : 'never_began',
      ...waiting,
    };
  };
  const blamed = asked && (end?.word === 'node_fail' || end?.word === 'vanished');
  const withLastCause = (fate: Fate): Fate =>
    fate.begun ? { ...fate, unit: { ...fate.unit, lastCause: fate.unit.cause } } : fate;
  return {
    fates: open.map((unit, place) => withLastCause(fateOf(unit, place))),
    badNode: blamed ? end.node : null,
    wasPreempted: asked && end?.word === 'preempted',
    impossible: false,
  };
};

const nameOf = ({ memory, time }: Open): string =>
  `${memory > 0 ? `m${memory}` : ''}${time > 0 ? `t${time}` : ''}`;

/** What is left open of a part. */
const leftOf = (part: Open[], { fates, wasPreempted }: PartEnd, policy: OraclePolicy): (Open | null)[] => {
  const payers = fates.map(({ again }, place) =>
    again === null || again === 'never_began' ? null : payer(again, part[place]?.spent ?? {}, policy),
  );
  const progressed = fates.some(({ recorded }, place) => recorded && payers[place] === null);
  return part.map((one, place) => {
    const fate = fates[place];
    const pays = payers[place] ?? null;
    if (fate === undefined) return null;
    const barren = progressed || fate.begun ? 0 : one.barren + (wasPreempted ? 0 : 1);
    if (fate.again === 'never_began')
      return barren < BARREN_TRIES ? { ...one, unit: fate.unit, barren } : null;
    if (pays === null) return null;
    return {
      ...{ unit: fate.unit, barren },
      spent: { ...one.spent, [pays]: (one.spent[pays] ?? 0) + 1 },
      memory: one.memory + (fate.again === 'out_of_memory' ? 1 : 0),
      time: one.time + (fate.again === 'timeout' ? 1 : 0),
    };
  });
};

export const runBatch = (batch: OracleBatch): { units: Unit[]; tries: TryView[] } => {
  const results = [...batch.units];
  const tries: TryView[] = [];
  const { policy } = batch;
  let open = batch.units.map((unit): Open => ({ unit, barren: 0, spent: {}, memory: 0, time: 0 }));
  let avoided: string[] = [];
  for (let number = batch.firstTry; open.length > 0; number += 1) {
    const names = [...new Set(open.map(nameOf))].sort();
    const next: Open[] = [];
    const bad: string[] = [];
    for (const name of names) {
      const part = open.filter((one) => nameOf(one) === name);
      const [{ memory, time } = { memory: 0, time: 0 }] = part;
      tries.push({
        ...{
          stage: batch.stage,
          batch: batch.number,
          try: number,
          units: part.map(({ unit }) => unit.index),
        },
        ...{ avoided, memory: policy.memory.factor ** memory, time: policy.time.factor ** time },
      });
      const end = playPart(
        batch,
        part.map(({ unit }) => unit),
        batch.ends[number - 1],
      );
      if (end.impossible) return { units: batch.units.map((unit) => failed(unit, 'not_executable')), tries };
      if (end.badNode !== null) bad.push(end.badNode);
      for (const { unit } of end.fates)
        results[batch.units.findIndex(({ index }) => index === unit.index)] = unit;
      next.push(...leftOf(part, end, policy).filter((one) => one !== null));
    }
    for (const node of bad)
      avoided = [...avoided.filter((other) => other !== node), node].slice(-MOST_AVOIDED);
    open = next.sort((left, right) => left.unit.index - right.unit.index);
  }
  const byUnit = (left: TryView, right: TryView): number => (left.units[0] ?? 0) - (right.units[0] ?? 0);
  return { units: results, tries: tries.sort((left, right) => left.try - right.try || byUnit(left, right)) };
};
