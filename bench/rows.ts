/** What a row of the table says of its limit. */
import type { Row } from './bench.js';
import { times } from './measure.js';

/** A ratio against its limit; not judged where something else than the runner was measured. */
export const judged = (ratio: number, limit: number, doubt: string | null): Pick<Row, 'limit' | 'reached'> =>
  doubt === null
    ? { limit: times(limit), reached: ratio <= limit }
    : { limit: `${times(limit)}; not judged: ${doubt}`, reached: null };
