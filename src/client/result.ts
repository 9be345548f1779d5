/** Reads a run's result by its reference. */
import { createHash } from 'node:crypto';
import { readWhole } from '../state/read-file.js';
import type { ResultReference } from '../wire/failure.js';
import type { RunResult } from '../wire/result.js';
import { ResultUnreadableError } from './errors.js';

/**
 * The content of `result.json` (docs/result.md), its digest verified.
 *
 * @throws ResultUnreadableError when the file is not to be seen from here, or is not the one that was written.
 */
export const readResult = async (reference: ResultReference): Promise<RunResult> => {
  let bytes: Buffer;
  try {
    bytes = await readWhole(reference.path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ResultUnreadableError(reference, why, { cause: error });
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== reference.sha256) {
    throw new ResultUnreadableError(
      reference,
      `it was changed (SHA-256 ${digest}, the run wrote ${reference.sha256})`,
    );
  }
  return JSON.parse(bytes.toString('utf8')) as RunResult;
};
