/**
 * The format of a run's own files (docs/versioning.md, "Files"): one number for all of them, in `run.json`. A worker reads
 * every format up to its own; of a newer one it touches nothing.
 */
import type { RunIdentity } from './identity.js';

/**
 * Raised when an older worker would misread what a newer one writes; what is only added needs no new number.
 *
 * 1: 0.1, which wrote no number; its outcome files are read by old-outcome.ts. 2: files of evidence. 3: units that are
 * taken over from an earlier run, which an older worker would run again; what may run again is settled in the request's
 * file, and tries may have parts.
 */
export const STATE_FORMAT = 3;

/** The directory belongs to a run of a newer release. Retried: a newer worker on the same queue takes it. */
export class NewerFormat extends Error {
  override readonly name = 'NewerFormat';
}

/** @throws NewerFormat when the run's files were written by a newer release than this one. */
export const checkFormat = (dir: string, identity: RunIdentity | null): void => {
  const format = identity?.format ?? 1;
  if (format <= STATE_FORMAT) return;
  throw new NewerFormat(
    `the files of the run in ${dir} have format ${format}, and this worker reads formats up to ${STATE_FORMAT}: ` +
      'it was opened by a newer fractal-temporal. Upgrade this worker; the run waits, and nothing of it was touched',
  );
};
