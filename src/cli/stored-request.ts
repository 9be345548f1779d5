/** What a run's own copy of its request says about where it runs. */
import { errorCode } from '../state/errors.js';
import { requestPath } from '../state/paths.js';
import { readWhole } from '../state/read-file.js';
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
    return JSON.parse((await readWhole(requestPath(runDir))).toString('utf8')) as {
      backend: string;
      activity_task_queue: string;
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (errorCode(error) === 'ENOENT') throw new UsageError(`No run has begun in ${runDir}: ${why}`);
    throw new Error(
      `The run's copy of its request ${requestPath(runDir)} cannot be read: ${why}. Give the request again ` +
        '(fractal-temporal run REQUEST.json), and cancel the run from another terminal while that goes on.',
      { cause: error },
    );
  }
};
