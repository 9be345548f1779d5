/** What a run's own copy of its request says about where it runs. */
import { readFile } from 'node:fs/promises';
import { errorCode } from '../state/errors.js';
import { requestPath } from '../state/paths.js';
import { UsageError } from './exit-codes.js';

/**
 * Backend and queue of the run in a directory.
 *
 * @throws UsageError when no run has begun there.
 */
export const storedRequest = async (
  runDir: string,
): Promise<{ backend: string; activity_task_queue: string }> => {
  try {
    return JSON.parse(await readFile(requestPath(runDir), 'utf8')) as {
      backend: string;
      activity_task_queue: string;
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (errorCode(error) === 'ENOENT') throw new UsageError(`No run has begun in ${runDir}: ${why}`);
    throw new Error(`The request of the run in ${runDir} cannot be read: ${why}`, { cause: error });
  }
};
