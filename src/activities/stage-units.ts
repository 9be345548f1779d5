/**
 * The units of a stage with what became of them, one batch after the other: a task may have 100,000, and whoever
 * reads them keeps only what it needs of them.
 */
import { parseUnits } from '../batch/units-file.js';
import { readOutcome } from '../outcomes/outcome-file.js';
import { finalUnits, type FinalUnit, type PlannedUnit } from '../outcomes/task-units.js';
import type { Outcome, OutcomeHeader } from '../outcomes/unit-outcome.js';
import { readState } from '../state/files.js';
import type { FileReference } from '../wire/failure.js';
import type { PlanFile, PlannedBatch } from './plan-file.js';

export interface BatchUnits {
  /** Of every try of the batch, also of those that decided no unit. */
  headers: OutcomeHeader[];
  /** In the order of their indices. */
  units: FinalUnit[];
}

export interface StageSource {
  plan: PlanFile;
  /** Of all batches: in the order of the batches, and of the tries of each. */
  outcomes: FileReference[];
  /** The run was cancelled: what never started was cancelled before. */
  cancelled: boolean;
}

const plannedUnits = async ({ units }: PlannedBatch): Promise<Map<number, PlannedUnit>> => {
  const planned = parseUnits((await readState(units)).toString('utf8'));
  return new Map(
    planned.map(({ index, stem, args }) => {
      const url = args['zarr_url'];
      return [index, { index, stem, zarr_url: typeof url === 'string' ? url : null }];
    }),
  );
};

const unitsOfBatch = async (
  batch: PlannedBatch,
  first: number,
  outcomes: Outcome[],
  { plan, cancelled }: StageSource,
): Promise<FinalUnit[]> => {
  const spoken = new Set(outcomes.flatMap((outcome) => outcome.units.map((unit) => unit.index)));
  const planned = spoken.size === batch.count ? null : await plannedUnits(batch);
  const unit = (index: number): PlannedUnit => planned?.get(index) ?? { index, stem: '', zarr_url: null };
  return finalUnits(outcomes, { first, count: batch.count }, plan.component, unit, cancelled);
};

/** @throws StateCorrupt, StorageFailed for what it reads. */
export async function* stageUnits(source: StageSource): AsyncGenerator<BatchUnits> {
  const references = source.outcomes[Symbol.iterator]();
  const next = async (): Promise<Outcome | null> => {
    const { value, done } = references.next();
    return done === true ? null : readOutcome(value);
  };
  let first = 0;
  let outcome = await next();
  for (const [index, batch] of source.plan.batches.entries()) {
    const outcomes: Outcome[] = [];
    while (outcome !== null && outcome.header.batch === index) {
      outcomes.push(outcome);
      outcome = await next();
    }
    yield {
      headers: outcomes.map(({ header }) => header),
      units: await unitsOfBatch(batch, first, outcomes, source),
    };
    first += batch.count;
  }
  if (outcome !== null)
    throw new RangeError(`the outcomes are not in the order of the batches: ${outcome.header.key}`);
}
