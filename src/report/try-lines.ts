/** What was tried with a unit: what each try asked for and used, where, and why it ended. Pure. */
import type { JsonObject, JsonValue } from '../wire/request.js';
import type { UnitRecord, UnitTry } from '../wire/result.js';
import { durationText } from './times.js';

/** How a unit ended, in a few words. */
export const unitEnd = ({
  cause,
  exit_code: exit,
  signal,
}: Pick<UnitRecord, 'cause' | 'exit_code' | 'signal'>): string =>
  [
    // Its exit code says it all.
    cause === 'exit' && exit !== null ? null : cause,
    exit === null ? null : `exit code ${exit}`,
    signal === null ? null : `signal ${signal}`,
  ]
    .filter(Boolean)
    .join(', ');

const MIB = 1024 * 1024;

const isSaid = (value: JsonValue): boolean => value !== null && !(Array.isArray(value) && value.length === 0);

/** In the backend's own words, as the record has them. */
const askedText = (asked: JsonObject): string =>
  Object.entries(asked)
    .flatMap(([name, value]) =>
      isSaid(value) ? [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`] : [],
    )
    .join(', ');

const usedText = ({ seconds, max_rss_bytes: memory, cpu_seconds: cpu }: UnitTry['used']): string =>
  [
    seconds === null ? null : durationText(seconds),
    memory === null ? null : `${Math.round(memory / MIB)} MiB`,
    cpu === null ? null : `${durationText(cpu)} of CPU`,
  ]
    .filter(Boolean)
    .join(', ');

const tryLine = ({ asked, used, node, job, ...one }: UnitTry): string => {
  const [wanted, took] = [askedText(asked), usedText(used)];
  const where = [job === null ? null : `job ${job}`, node === null ? null : `on ${node}`];
  return [
    `try ${one.n}: ${unitEnd(one) || 'done'}`,
    wanted === '' ? null : `asked for ${wanted}`,
    took === '' ? null : `used ${took}`,
    where.filter(Boolean).join(' ') || null,
  ]
    .filter(Boolean)
    .join('; ');
};

/** A line per try; none where there was one alone that asked for nothing and ran nowhere in particular. */
export const tryLines = ({ tries = [] }: Pick<UnitRecord, 'tries'>): string[] => {
  const [only] = tries;
  if (tries.length === 1 && only !== undefined && askedText(only.asked) === '' && only.node === null)
    return [];
  return tries.map(tryLine);
};
