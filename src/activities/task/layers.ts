/**
 * The units of a stage over all rounds of its task: as planned first, and again by each retry that ran some of them. What
 * the last round says of a unit counts.
 */
import type { FinalUnit } from '../../outcomes/task-units.js';
import type { OutcomeHeader } from '../../outcomes/unit-outcome.js';
import { notBegunAgain } from '../../outcomes/unit-verdict.js';
import { stageUnits, type BatchUnits, type StageSource } from './stage-units.js';

export interface LayeredUnit extends FinalUnit {
  /** The round that began it last; null: it never began. */
  lastBegun: FinalUnit | null;
}

export interface LayeredUnits {
  headers: OutcomeHeader[];
  units: LayeredUnit[];
}

/** In its last try, or in one before that interrupted it. */
const hasBegun = (unit: FinalUnit): boolean => unit.begun || unit.interrupted || unit.interrupted_in !== null;

/** The try that has left the log of the unit's last run; null: nobody knows. */
export const lastRunOf = ({ interrupted_in, header }: FinalUnit): number | null =>
  interrupted_in ?? header?.try ?? null;

/** A unit that a retry has not begun stands as it stood, unless that retry itself says why. */
const over = (unit: LayeredUnit, later: FinalUnit): LayeredUnit => {
  const tries = [...unit.tries, ...later.tries];
  if (hasBegun(later)) return { ...later, tries, lastBegun: later };
  const { header } = later;
  if (header === null) return unit;
  const { lastBegun } = unit;
  if (lastBegun === null) return { ...later, tries, lastBegun };
  const earlier = { ...unit, interrupted_in: lastRunOf(lastBegun) };
  return { ...notBegunAgain(later, earlier), header, tries, lastBegun };
};

const asLayered = (unit: FinalUnit): LayeredUnit => ({ ...unit, lastBegun: hasBegun(unit) ? unit : null });

interface Layer {
  /** The next units up to index `end`, exclusive. */
  upTo(end: number): Promise<BatchUnits>;
}

/** A retry holds some of the indices, in their order. */
const layerOf = (source: StageSource): Layer => {
  const batches = stageUnits(source);
  let left: FinalUnit[] = [];
  let isOver = false;
  return {
    upTo: async (end) => {
      const taken: BatchUnits = { headers: [], units: [] };
      for (;;) {
        const cut = left.findIndex(({ index }) => index >= end);
        taken.units.push(...(cut === -1 ? left : left.slice(0, cut)));
        left = cut === -1 ? [] : left.slice(cut);
        if (left.length > 0 || isOver) return taken;
        const next = await batches.next();
        if (next.done === true) isOver = true;
        else {
          taken.headers.push(...next.value.headers);
          left = next.value.units;
        }
      }
    },
  };
};

/**
 * @param sources of one stage, in the order of the rounds; the first holds every unit.
 * @throws StorageFailed while storage fails.
 */
export async function* layeredUnits([
  first,
  ...retries
]: readonly StageSource[]): AsyncGenerator<LayeredUnits> {
  if (first === undefined) return;
  const layers = retries.map(layerOf);
  for await (const { headers, units } of stageUnits(first)) {
    const end = (units.at(-1)?.index ?? -1) + 1;
    const byIndex = new Map(units.map((unit) => [unit.index, asLayered(unit)]));
    const all = [...headers];
    for (const layer of layers) {
      const later = await layer.upTo(end);
      all.push(...later.headers);
      for (const unit of later.units) {
        const before = byIndex.get(unit.index);
        if (before !== undefined) byIndex.set(unit.index, over(before, unit));
      }
    }
    yield { headers: all, units: [...byIndex.values()] };
  }
}
