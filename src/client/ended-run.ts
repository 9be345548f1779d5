/** A run that has ended as its own directory tells it: the server forgets closed runs after its retention. */
import { errorCode } from '../state/errors.js';
import { sha256 } from '../state/files.js';
import { readIdentity } from '../state/identity.js';
import { resultPath } from '../state/paths.js';
import { readWhole } from '../state/read-file.js';
import { emptyFailureDetails, type ResultReference, TASK_EXECUTION_ERROR } from '../wire/failure.js';
import type { RunResult } from '../wire/result.js';
import { JobExecutionError, ResultUnreadableError, RunCancelledError, TaskExecutionError } from './errors.js';

export interface EndedRun {
  workflowId: string;
  /** Digest of its request; null where its directory does not say. */
  requestDigest: string | null;
  reference: ResultReference;
  result: RunResult;
}

/** Not there, or not for this user to see: the server has to say then. */
const INVISIBLE = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'];

const readBytes = async (path: string): Promise<Buffer | null> => {
  try {
    return await readWhole(path);
  } catch (error) {
    if (INVISIBLE.includes(errorCode(error) ?? '')) return null;
    throw error;
  }
};

const parseResult = (path: string, bytes: Buffer): EndedRun => {
  const digest = sha256(bytes);
  try {
    const result = JSON.parse(bytes.toString('utf8')) as RunResult;
    const units = result.task_runs.reduce((sum, task) => sum + task.num_tasks, 0);
    const reference = { path, sha256: digest, images: result.images.length, units };
    return { workflowId: result.workflow_id, requestDigest: null, reference, result };
  } catch (error) {
    const reference = { path, sha256: digest, images: 0, units: 0 };
    throw new ResultUnreadableError(reference, 'it is damaged, not the JSON that a run writes', {
      cause: error,
    });
  }
};

/**
 * The ended run of a directory; null when it holds no result, or cannot be seen from here.
 *
 * @throws ResultUnreadableError for a result that is none, StorageFailed and file system errors.
 */
export const readEndedRun = async (runDir: string): Promise<EndedRun | null> => {
  const path = resultPath(runDir);
  const bytes = await readBytes(path);
  if (bytes === null) return null;
  const ended = parseResult(path, bytes);
  const identity = await readIdentity(runDir);
  const isOwn = identity?.workflow_id === ended.workflowId;
  return { ...ended, requestDigest: isOwn ? identity.request_digest : null };
};

/** Where its result lies; throws what waiting for the run throws when it did not end as done. */
export const endOf = ({ workflowId, reference, result }: EndedRun): ResultReference => {
  if (result.status === 'done') return reference;
  if (result.status === 'cancelled') {
    throw new RunCancelledError(`Run ${workflowId} was cancelled.`, workflowId, reference);
  }
  const { type = '', message = 'it failed', details = null } = result.error ?? {};
  const failure = { message, details: { ...emptyFailureDetails, ...details, result: reference } };
  throw type === TASK_EXECUTION_ERROR
    ? new TaskExecutionError(failure, workflowId)
    : new JobExecutionError(failure, workflowId);
};
