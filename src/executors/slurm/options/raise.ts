/** More of what a job ran out of, for units that may run again. Pure. */
import type { ReachedLimit } from '../../../batch/contract.js';
import type { JsonObject } from '../../../wire/request.js';
import type { BatchingConfig } from './config.js';
import { readResources } from './resources.js';
import { formatTimeLimit, parseTimeLimit } from '../../../quantities/time-limit.js';
import { RAISE_FACTOR } from '../tunables.js';

/**
 * Twice as much for each time the limit was reached; memory up to what one job may have. Where nobody set a time,
 * the partition's default holds, and there is nothing to raise.
 */
export const raiseResources = (
  resources: JsonObject,
  limit: ReachedLimit,
  times: number,
  { max_mem_per_job }: BatchingConfig,
): JsonObject => {
  const known = readResources(resources);
  const factor = RAISE_FACTOR ** times;
  if (limit === 'memory') {
    const most = Math.max(known.mem_mb_per_unit, max_mem_per_job);
    return { ...resources, mem_mb_per_unit: Math.min(Math.ceil(known.mem_mb_per_unit * factor), most) };
  }
  const seconds = known.time === null ? null : parseTimeLimit(known.time);
  return seconds === null ? resources : { ...resources, time: formatTimeLimit(seconds * factor) };
};
