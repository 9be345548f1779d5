/** Starts a run, or joins the one that the same request has already. */
import { WORKFLOW_TASK_QUEUE } from '../wire/names.js';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { RequestConflictError } from './errors.js';
import { getRun, type RunHandle } from './handle.js';
import {
  defaultWorkflowId,
  type ProcessWorkflowInput,
  requestDigest,
  runDirOf,
  workflowArgument,
} from './request.js';
import { digestOfRun } from './start-argument.js';
import { REQUEST_DIGEST_MEMO } from './tunables.js';

export const WORKFLOW_TYPE = 'processWorkflow';

export interface StartOptions {
  /** Default: derived from the run's directory, so that starting twice is one run. */
  workflowId?: string;
  /** Queue of the workflow worker; default `fractal`. The activities' queue stands in the request. */
  taskQueue?: string;
}

const workflowName = (request: ProcessWorkflowInput): string =>
  'name' in request.workflow && typeof request.workflow.name === 'string'
    ? request.workflow.name
    : 'workflow';

/**
 * Starts `processWorkflow` with `request`. The same id again: running and the same request, it is joined; closed and
 * the same, its result is what the handle gives, and nothing runs.
 *
 * @throws RequestConflictError when the id belongs to another request, StorageFailed when a large request cannot be
 * spilled into the run's directory, Temporal's errors when the server is away.
 */
export const startProcessWorkflow = async (
  client: Client,
  request: ProcessWorkflowInput,
  options: StartOptions = {},
): Promise<RunHandle> => {
  const { workflowId = defaultWorkflowId(runDirOf(request)), taskQueue = WORKFLOW_TASK_QUEUE } = options;
  const digest = requestDigest(request);
  try {
    await client.workflow.start(WORKFLOW_TYPE, {
      workflowId,
      taskQueue,
      args: [await workflowArgument(request)],
      memo: { [REQUEST_DIGEST_MEMO]: digest },
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // What a request is called goes to the Web UI; a long or odd name must not fail the start.
      staticSummary: workflowName(request).slice(0, SUMMARY_CHARS),
    });
    return getRun(client, workflowId, false);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const existing = getRun(client, workflowId);
  if ((await digestOfRun(client, existing.temporal)) !== digest) throw new RequestConflictError(workflowId);
  return existing;
};

/** The server takes 400 bytes; a character is at most four. */
const SUMMARY_CHARS = 100;
