/** Reads a run's result by its reference. */
import { readWhole } from '../state/read-file.js';
import { sha256 } from '../state/files.js';
import type { ResultReference } from '../wire/failure.js';
import type { RunResult } from '../wire/result.js';
import { ResultUnreadableError } from './errors.js';
import type { RunFiles } from './run-files.js';

/** Bytes here; else, where somebody else sees the run's directory, through them. */
const bytesOf = async (
  reference: ResultReference,
  elsewhere: (() => Promise<RunFiles>) | undefined,
): Promise<Buffer> => {
  try {
    const bytes = await readWhole(reference.path);
    // A path of the same name may be another file.
    if (elsewhere === undefined || sha256(bytes) === reference.sha256) return bytes;
  } catch (error) {
    if (elsewhere === undefined) throw error;
  }
  const files = await elsewhere();
  const bytes = files.here ? await readWhole(reference.path) : await files.read(reference.path);
  if (bytes === null) throw new Error('it is not there any more, its worker says');
  return bytes;
};

/**
 * The content of `result.json` (docs/result.md), its digest verified.
 *
 * @param elsewhere the run's files, asked where this machine does not see the result; absent: it must.
 * @throws ResultUnreadableError when the file is not to be seen from here, or is not the one that was written.
 */
export const readResult = async (
  reference: ResultReference,
  elsewhere?: () => Promise<RunFiles>,
): Promise<RunResult> => {
  let bytes: Buffer;
  try {
    bytes = await bytesOf(reference, elsewhere);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ResultUnreadableError(reference, why, { cause: error });
  }
  const digest = sha256(bytes);
  if (digest !== reference.sha256) {
    throw new ResultUnreadableError(
      reference,
      `it was changed (SHA-256 ${digest}, the run wrote ${reference.sha256})`,
    );
  }
  return JSON.parse(bytes.toString('utf8')) as RunResult;
};
