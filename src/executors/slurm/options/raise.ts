/** More of what a job ran out of, for units that may run again. Pure. */
import type { Raise, ReachedLimit } from '../../../batch/contract.js';
import type { JsonObject, JsonValue } from '../../../wire/request.js';
import type { BatchingConfig } from './config.js';
import { readResources } from './resources.js';
import { formatTimeLimit, parseTimeLimit } from '../../../quantities/time-limit.js';

const numberOr = <T>(value: JsonValue | undefined, otherwise: T): number | T =>
  typeof value === 'number' ? value : otherwise;

/** What was asked for times the factor, as often as the limit was reached; never less than was asked for. */
const grown = (asked: number, { times, factor }: Raise, ceiling: number): number =>
  Math.min(asked * factor ** times, Math.max(asked, ceiling));

const moreMemory = (asked: number, by: Raise, maxMemPerJob: number): number =>
  Math.ceil(
    grown(asked, by, Math.min(by.max ?? Infinity, numberOr(by.ceilings['max_mem_mb'], maxMemPerJob))),
  );

/** SLURM counts whole minutes: what exceeds a partition's limit by one would wait for ever. */
const moreTime = (asked: number, by: Raise): string | null => {
  const ceiling = Math.min(by.max ?? Infinity, numberOr(by.ceilings['max_time_seconds'], Infinity));
  const seconds = grown(asked, by, ceiling);
  if (seconds <= asked) return null;
  return seconds < ceiling ? formatTimeLimit(Math.min(seconds, ceiling)) : String(Math.floor(ceiling / 60));
};

/**
 * By the factor for each time the limit was reached: memory up to what one job may have, time up to the partition's limit,
 * both up to the request's own `max`. A job that asks for no time has the partition's default.
 */
export const raiseResources = (
  resources: JsonObject,
  limit: ReachedLimit,
  by: Raise,
  { max_mem_per_job }: Pick<BatchingConfig, 'max_mem_per_job'>,
): JsonObject => {
  const { mem_mb_per_unit: memory, time } = readResources(resources);
  if (limit === 'memory' && memory === null) return resources;
  if (limit === 'memory' && memory !== null)
    return { ...resources, mem_mb_per_unit: moreMemory(memory, by, max_mem_per_job) };
  const asked = time === null ? numberOr(by.ceilings['default_time_seconds'], null) : parseTimeLimit(time);
  const more = asked === null ? null : moreTime(asked, by);
  return more === null ? resources : { ...resources, time: more };
};

/** sbatch(1): a limit of zero is none. */
const secondsOf = (time: string): number | null => {
  const seconds = parseTimeLimit(time);
  return seconds === 0 ? null : seconds;
};

/** The limits that a job asks for, of each unit; null where it asks for none. */
export const limitsOf = ({
  mem_mb_per_unit: memory,
  time,
}: JsonObject): Record<ReachedLimit, number | null> => ({
  memory: numberOr(memory, null),
  time: typeof time === 'string' ? secondsOf(time) : null,
});
