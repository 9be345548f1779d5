/**
 * How long sbatch has failed without clear words. It is told from the record of its calls, so that a worker that was
 * started anew goes on where the one before it was.
 */
import { SubmissionRefused } from '../../../batch/errors.js';
import type { BatchNames } from '../../../batch/contract.js';
import { UNCLEAR_GAP_MAX_SECONDS } from '../tunables.js';
import { readCalls, type SbatchCall } from './submission-files.js';

/**
 * Seconds of unclear failures without a break, up to `now` (ms since the epoch); pure. Between two calls that are far
 * apart there was no worker: nobody tried, so that time does not count in full.
 */
export const unclearSeconds = (calls: readonly SbatchCall[], now: number): number => {
  const clear = calls.findLastIndex(({ unclear }) => !unclear);
  const times = [...calls.slice(clear + 1).map(({ at }) => at), now];
  const gaps = times.slice(1).map((at, index) => (at - (times[index] ?? at)) / 1000);
  return gaps.reduce((sum, gap) => sum + Math.min(Math.max(gap, 0), UNCLEAR_GAP_MAX_SECONDS), 0);
};

/** @throws SubmissionRefused when the last call has failed without clear words, and those before it for too long. */
export const spendPatience = async (
  batch: BatchNames,
  words: string,
  allowedSeconds: number,
): Promise<void> => {
  const seconds = unclearSeconds(await readCalls(batch), Date.now());
  if (seconds < allowedSeconds) return;
  throw new SubmissionRefused(
    `sbatch has failed for ${Math.round(seconds)} s (unclear_refusal_patience_seconds), the last time with: ${words}`,
  );
};
