/** Waits that end: what does not come in time is told in words. */
import { setTimeout as sleep } from 'node:timers/promises';

/** @param what is waited for; the error names it. The work itself goes on behind it. */
export const bounded = async <T>(what: string, milliseconds: number, work: Promise<T>): Promise<T> => {
  const over = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: over.signal }).then(() => {
    throw new Error(`not within ${milliseconds / 1_000} s: ${what}`);
  });
  late.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
};
