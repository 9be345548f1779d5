import type { JsonValue } from '../../wire/request.js';
import { withWarmStart } from '../../warm/asked.js';
import type { BatchLayout, LayoutInput } from '../../batch/contract.js';
import { LayoutError } from '../../batch/errors.js';
import { cacheDirExport } from '../cache-dir.js';
import { needsOf, refuseOversized, type HostResources, type Needs } from './resources.js';
import { howMany } from './width/amounts.js';
import { UNITS_PER_BATCH } from './tunables.js';

const unitsAtOnce = (value: JsonValue | undefined): number | null => {
  if (value === undefined || value === null || value === 0) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new LayoutError(
    `meta parallel_tasks_per_job: expected a positive integer, got ${JSON.stringify(value)}`,
  );
};

const exportsOf = ({ userCacheDir }: LayoutInput): { exports?: Record<string, string> } =>
  userCacheDir === null ? {} : { exports: cacheDirExport(userCacheDir) };

/** Units at once by what each asks for. */
const fitting = (needs: Needs, host: HostResources): number => Math.max(1, howMany(needs.one, host.all));

/**
 * How a task's units are cut into batches on one host (docs/local.md): few, large and even, as many at once as the host has room for. A
 * smaller `parallel_tasks_per_job` holds for the task as a whole, so its units stay in one batch.
 *
 * @throws LayoutError when `parallel_tasks_per_job` is not a positive integer (0 and null count as not given), or when a unit
 * asks for more than this host has.
 */
export const localLayout = (input: LayoutInput, host: HostResources, warmStart = false): BatchLayout => {
  const { units, meta } = input;
  const needs = needsOf(meta);
  refuseOversized(needs, host);
  const maxUnits = fitting(needs, host);
  const cap = unitsAtOnce(meta['parallel_tasks_per_job']);
  const capped = cap !== null && cap < maxUnits;
  const batches = capped ? 1 : Math.ceil(units / UNITS_PER_BATCH);
  const unitsPerBatch = Math.max(1, Math.ceil(units / Math.max(1, batches)));
  const lanes = Math.min(cap ?? maxUnits, maxUnits, unitsPerBatch);
  const layout = { unitsPerBatch, lanes, resources: { ...needs.asked, ...exportsOf(input) } };
  // An interpreter that has loaded CUDA already is bound to the GPUs that it saw.
  return needs.one.gpus > 0 ? layout : withWarmStart(layout, input, warmStart);
};
