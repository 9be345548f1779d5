/** The tries of a unit as its record tells them (docs/result.md). Pure. */
import type { JsonObject } from '../wire/request.js';
import type { UnitTry } from '../wire/result.js';
import type { TriedUnit, UnitOutcome } from './unit-outcome.js';

/** Of what a job asks for, what says how large its units may be. */
const SIZES = ['cpus_per_unit', 'mem_mb_per_unit', 'gpus_per_unit', 'time', 'gpus', 'gres'] as const;

const sizeOf = (requested: JsonObject): JsonObject => {
  const size: JsonObject = {};
  for (const key of SIZES) {
    const value = requested[key] ?? null;
    if (value !== null) size[key] = value;
  }
  return size;
};

/** Only the log of the last run has kept its name: each further run has renamed the one before. */
const logOf = (tried: TriedUnit, lastRun: number | undefined, log: string): string | null => {
  if (!tried.begun) return null;
  return tried.n === lastRun ? `${log}.txt` : `${log}.${tried.n}.txt`;
};

/** @param log path of the unit's log, without its ending. */
export const unitTries = ({ tries }: Pick<UnitOutcome, 'tries'>, log: string): UnitTry[] => {
  const lastRun = tries.findLast(({ begun }) => begun)?.n;
  return tries.map((tried) => ({
    n: tried.n,
    cause: tried.cause,
    exit_code: tried.exit_code,
    signal: tried.signal,
    asked: sizeOf(tried.requested),
    used: {
      seconds: tried.seconds === null ? null : Math.round(tried.seconds * 1000) / 1000,
      max_rss_bytes: tried.usage?.max_rss_bytes ?? null,
      cpu_seconds: tried.usage?.cpu_seconds ?? null,
    },
    node: tried.node,
    job: tried.job_id,
    log_file: logOf(tried, lastRun, log),
  }));
};
