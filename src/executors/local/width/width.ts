/**
 * How the batches of one host share its slots. Pure; the protocol between worker and lanes, and why units at once
 * never exceed the limit, stand in docs/local.md.
 */
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
}

const livingLanes = ({ lanes, finished }: SharingBatch): number[] =>
  Array.from({ length: lanes }, (_, lane) => lane).filter((lane) => !finished.has(lane));

/** Lanes that run or may start to run at any moment, at the width that is set. */
export const lanesInUse = (batch: SharingBatch): number =>
  new Set([...batch.active, ...livingLanes(batch).filter((lane) => lane < batch.width)]).size;

const shareByRun = (batches: SharingBatch[], limit: number, turn: number): Map<string, number> => {
  const wanted = new Map<string, number>();
  for (const batch of batches) {
    wanted.set(batch.run, (wanted.get(batch.run) ?? 0) + livingLanes(batch).length);
  }
  const runs = [...wanted.keys()];
  const shares = new Map(runs.map((run) => [run, 0]));
  const first = runs.length === 0 ? 0 : turn % runs.length;
  const order = [...runs.slice(first), ...runs.slice(0, first)];
  let free = limit;
  let hungry = order.filter((run) => (wanted.get(run) ?? 0) > 0);
  while (free > 0 && hungry.length > 0) {
    for (const run of hungry.slice(0, free)) shares.set(run, (shares.get(run) ?? 0) + 1);
    free -= Math.min(free, hungry.length);
    hungry = hungry.filter((run) => (shares.get(run) ?? 0) < (wanted.get(run) ?? 0));
  }
  return shares;
};

/**
 * The width that each batch should have: runs get equal shares, what does not divide evenly goes to them by turns,
 * what one cannot use goes to the others; within a run the batch that came first is served first.
 *
 * @param batches in the order in which they came.
 * @param turn any integer; counts up as time passes.
 * @returns key -> width; the units at once that the widths admit never exceed `limit`.
 */
export const allocateWidths = (batches: SharingBatch[], limit: number, turn: number): Map<string, number> => {
  const shares = shareByRun(batches, limit, turn);
  const widths = new Map<string, number>();
  for (const batch of batches) {
    const left = shares.get(batch.run) ?? 0;
    const living = livingLanes(batch);
    const slots = Math.min(living.length, left);
    widths.set(batch.key, slots === 0 ? 0 : (living[slots - 1] ?? 0) + 1);
    shares.set(batch.run, left - slots);
  }
  return widths;
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
  limit: number,
): Map<string, number> => {
  let free = limit - batches.reduce((sum, batch) => sum + lanesInUse(batch), 0);
  const raises = new Map<string, number>();
  for (const batch of batches) {
    const target = targets.get(batch.key) ?? 0;
    let width = batch.width;
    while (width < target) {
      // A lane that still runs its unit from before is in use already, one that has ended never will be.
      const cost = batch.active.has(width) || batch.finished.has(width) ? 0 : 1;
      if (cost > free) break;
      free -= cost;
      width += 1;
    }
    if (width > batch.width) raises.set(batch.key, width);
  }
  return raises;
};
