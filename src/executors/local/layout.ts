import type { JsonValue } from '../../wire/request.js';
import { withWarmStart } from '../../warm/asked.js';
import { LayoutError } from '../../batch/errors.js';
import type { BatchLayout, LayoutInput } from '../../batch/contract.js';
import { UNITS_PER_BATCH } from './tunables.js';

const unitsAtOnce = (value: JsonValue | undefined): number | null => {
  if (value === undefined || value === null || value === 0) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new LayoutError(
    `meta parallel_tasks_per_job: expected a positive integer, got ${JSON.stringify(value)}`,
  );
};

/**
 * How a task's units are cut into batches on one host (docs/local.md): few, large and even, `maxUnits` at once. A
 * smaller `parallel_tasks_per_job` holds for the task as a whole, so its units stay in one batch.
 *
 * @throws LayoutError when `parallel_tasks_per_job` is not a positive integer; 0 and null count as not given.
 */
export const localLayout = (input: LayoutInput, maxUnits: number, warmStart = false): BatchLayout => {
  const { units, meta } = input;
  const cap = unitsAtOnce(meta['parallel_tasks_per_job']);
  const capped = cap !== null && cap < maxUnits;
  const batches = capped ? 1 : Math.ceil(units / UNITS_PER_BATCH);
  const unitsPerBatch = Math.max(1, Math.ceil(units / Math.max(1, batches)));
  const lanes = Math.min(cap ?? maxUnits, maxUnits, unitsPerBatch);
  return withWarmStart({ unitsPerBatch, lanes, resources: {} }, input, warmStart);
};
