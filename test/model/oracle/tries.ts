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

export interface OracleBatch {
  stage: 'first' | 'compute';
  number: number;
  units: Unit[];
  /** How each try of it ends; none where every unit comes to its own end. */
  ends: PlayedEnd[];
  isExecutable: boolean;
  mayRerun: boolean;
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
  /** To run again. */
  again: boolean;
  begun: boolean;
  /** Its node has written down that it ended. */
  recorded: boolean;
  interrupted: boolean;
}

const failed = (unit: Unit, cause: string, signal: number | null = null): Unit => ({
  ...unit,
  ...{ status: 'failed', cause, signal, exit_code: null, output: null, type: 'JobExecutionError' },
});

export const runBatch = (batch: OracleBatch): { units: Unit[]; tries: TryView[] } => {
  const results = [...batch.units];
  const tries: TryView[] = [];
  let open = batch.units;
  let barren = 0;
  let avoided: string[] = [];
  const raised = { memory: 1, time: 1 };
  for (let number = 1; open.length > 0; number += 1) {
    const end = batch.ends[number - 1];
    tries.push({
      ...{ stage: batch.stage, batch: batch.number, try: number, units: open.map(({ index }) => index) },
      ...{ avoided, ...raised },
    });
    const nothingBegins = end !== undefined && (end.word === 'refused' || end.silent);
    if (!nothingBegins && !batch.isExecutable) {
      return { units: batch.units.map((unit) => failed(unit, 'not_executable')), tries };
    }
    // Who plays, who is taken along, who waits.
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
        again: batch.mayRerun && cause !== 'cancelled',
        ...{ begun: true, recorded, interrupted: true },
      });
      const played = plays[place];
      const status = played?.status ?? (place < playing.length + taken.length ? takenStatus : null);
      if (status !== null && isSignal(status) && tookAlong(cause, status - 128))
        return takenAlong(status - 128, true);
      const own = { again: false, begun: true, recorded: true, interrupted: false };
      if (played !== undefined) return { unit: { ...played.unit, runs: begun.runs }, ...own };
      if (status !== null) return { unit: failed(begun, 'signal', status - 128), ...own };
      if (place < playing.length + taken.length) return takenAlong(null, left === 'unknown');
      const waiting = { begun: false, recorded: false, interrupted: false };
      if (cause === 'cancelled') return { unit: failed(unit, 'cancelled'), again: false, ...waiting };
      // What has been interrupted before has begun, and is not said to have never started.
      const wasInterrupted = unit.runs > 0;
      return {
        unit: wasInterrupted ? unit : failed(unit, 'never_started'),
        again: cause !== 'failed',
        ...waiting,
      };
    };
    const fates = open.map(fateOf);
    const progressed = fates.some(({ recorded, again }) => recorded && !again);
    barren = progressed ? 0 : barren + 1;
    if (asked && (end?.word === 'node_fail' || end?.word === 'vanished'))
      avoided = [...avoided.filter((node) => node !== end.node), end.node].slice(-MOST_AVOIDED);
    const isLast = barren >= BARREN_TRIES;
    if (!isLast && fates.some(({ again, interrupted }) => again && interrupted)) {
      if (cause === 'out_of_memory') raised.memory *= 2;
      if (cause === 'timeout') raised.time *= 2;
    }
    const next: Unit[] = [];
    open.forEach((unit, place) => {
      const fate = fates[place];
      if (fate === undefined) return;
      results[batch.units.findIndex(({ index }) => index === unit.index)] = fate.unit;
      if (fate.again && !isLast) next.push(fate.unit);
    });
    open = next;
  }
  return { units: results, tries };
};
