/**
 * How the batches of one host share its slots. Pure; the protocol between worker and lanes, and why units at once
 * never exceed the limit, stand in docs/local.md.
 */
import { fits, NOTHING, ONE_UNIT, plus, type Amounts } from './amounts.js';
import type { LanesState } from './lanes.js';

/** A live batch, as far as its share is concerned. */
export interface SharingBatch extends Pick<LanesState, 'active' | 'finished'> {
  key: string;
  /** Batches of one run share what the run gets. */
  run: string;
  /** Lanes of its script, numbered from 0. Lane i runs only while i is less than the width. */
  lanes: number;
  /** The width that its script reads now. */
  width: number;
  /** What a lane of it takes while it runs; absent: a unit that asks for nothing. */
  cost?: Amounts;
}

const livingLanes = ({ lanes, finished }: SharingBatch): number[] =>
  Array.from({ length: lanes }, (_, lane) => lane).filter((lane) => !finished.has(lane));

/** Lanes that run or may start to run at any moment, at the width that is set. */
export const lanesInUse = (batch: SharingBatch): number =>
  new Set([...batch.active, ...livingLanes(batch).filter((lane) => lane < batch.width)]).size;

const costOf = ({ cost }: SharingBatch): Amounts => cost ?? ONE_UNIT;

/** Lanes of a batch that may yet be granted. */
interface Hungry {
  batch: SharingBatch;
  left: number;
}

/** One lane more for the first batch of the run that can have one; what is left then, null: there was none. */
const feed = (ofRun: Hungry[], free: Amounts, granted: Map<string, number>): Amounts | null => {
  for (const hungry of ofRun) {
    const { batch, left } = hungry;
    const cost = costOf(batch);
    if (left === 0 || !fits(cost, free)) continue;
    hungry.left -= 1;
    granted.set(batch.key, (granted.get(batch.key) ?? 0) + 1);
    return plus(free, cost, -1);
  }
  return null;
};

/** Lanes of each batch: a lane to each run by turns, until nothing is left that one could have. */
const lanesByRun = (batches: SharingBatch[], limit: Amounts, turn: number): Map<string, number> => {
  const byRun = new Map<string, Hungry[]>();
  for (const batch of batches) {
    const hungry = { batch, left: livingLanes(batch).length };
    byRun.set(batch.run, [...(byRun.get(batch.run) ?? []), hungry]);
  }
  const runs = [...byRun.values()];
  const first = runs.length === 0 ? 0 : turn % runs.length;
  let waiting = [...runs.slice(first), ...runs.slice(0, first)];
  const granted = new Map<string, number>();
  let free = limit;
  while (waiting.length > 0) {
    waiting = waiting.filter((ofRun) => {
      const left = feed(ofRun, free, granted);
      free = left ?? free;
      return left !== null;
    });
  }
  return granted;
};

/**
 * The width that each batch should have: runs get equal shares, what does not divide evenly goes to them by turns,
 * what one cannot use goes to the others; within a run the batch that came first is served first. A lane that asks for
 * more than is left waits until it is its run's turn to be served first.
 *
 * @param batches in the order in which they came.
 * @param turn any integer; counts up as time passes.
 * @returns key -> width; what the units that the widths admit take never exceeds `limit`.
 */
export const allocateWidths = (
  batches: SharingBatch[],
  limit: Amounts,
  turn: number,
): Map<string, number> => {
  const granted = lanesByRun(batches, limit, turn);
  return new Map(
    batches.map((batch) => {
      const slots = granted.get(batch.key) ?? 0;
      return [batch.key, slots === 0 ? 0 : (livingLanes(batch)[slots - 1] ?? 0) + 1];
    }),
  );
};

/**
 * The part of a raise that is free right now: lanes that were told to stop count until they have stopped.
 *
 * @param batches with the widths that are set, none above its target, and lanes read after the last was lowered.
 * @returns key -> width, for those that may be raised.
 */
export const affordableRaises = (
  batches: SharingBatch[],
  targets: ReadonlyMap<string, number>,
  limit: Amounts,
): Map<string, number> => {
  let free = batches.reduce((left, batch) => plus(left, costOf(batch), -lanesInUse(batch)), limit);
  const raises = new Map<string, number>();
  for (const batch of batches) {
    const target = targets.get(batch.key) ?? 0;
    let width = batch.width;
    while (width < target) {
      // A lane that still runs its unit from before is in use already, one that has ended never will be.
      const cost = batch.active.has(width) || batch.finished.has(width) ? NOTHING : costOf(batch);
      // Not even nothing fits where lanes that were told to stop have just said that they began.
      if (!fits(cost, free)) break;
      free = plus(free, cost, -1);
      width += 1;
    }
    if (width > batch.width) raises.set(batch.key, width);
  }
  return raises;
};
