/** Starts a run, or joins the one that the same request has already. */
import { WORKFLOW_TASK_QUEUE, WORKFLOW_TYPE } from '../wire/names.js';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { isEncrypting } from '../encryption/converter.js';
import { readIdentity } from '../state/identity.js';
import { type EndedRun, readEndedRun } from './ended-run.js';
import { RequestConflictError } from './errors.js';
import { getEndedRun, getRun, type RunHandle } from './handle.js';
import { type ProcessWorkflowInput, requestDigest, runDirOf } from './request.js';
import { workflowArgument } from './spill.js';
import { digestOfRun } from './start-argument.js';
import { startAttributes, isUnknownAttribute } from './start-attributes.js';
import { DIRECTORY_MEMO, REQUEST_DIGEST_MEMO } from './tunables.js';
import { neverOpened } from './unopened.js';
import { oldDefaultWorkflowId, workflowIdOf, workflowNameOf } from './workflow-id.js';

export interface StartOptions {
  /** Default: derived from the run's directory and the workflow's name, so that starting twice is one run. */
  workflowId?: string;
  /** Queue of the workflow worker; default `fractal`. The activities' queue stands in the request. */
  taskQueue?: string;
}

const isKnown = (run: RunHandle): Promise<boolean> =>
  run.temporal.describe().then(
    () => true,
    (error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    },
  );

/** A run of this id that its directory knows and the server does not any more; null when there is none. */
const forgottenRun = async (
  client: Client,
  request: ProcessWorkflowInput,
  workflowId: string,
): Promise<EndedRun | null> => {
  const runDir = runDirOf(request);
  // A directory that this client may not look into: the server alone knows then, and `openRun` sees the rest.
  const identity = await readIdentity(runDir).catch(() => null);
  if (identity?.workflow_id !== workflowId || (await isKnown(getRun(client, workflowId)))) return null;
  const ended = await readEndedRun(runDir);
  return ended?.workflowId === workflowId && ended.requestDigest !== null ? ended : null;
};

/** An id of an older release goes on being that of its run, also while no worker has opened that run. */
const idOf = async (client: Client, request: ProcessWorkflowInput, isEncrypted: boolean): Promise<string> => {
  const id = await workflowIdOf(request, isEncrypted);
  const old = oldDefaultWorkflowId(runDirOf(request));
  if (id === old || (await readIdentity(runDirOf(request)).catch(() => null)) !== null) return id;
  const run = getRun(client, old);
  return (await isKnown(run)) && !(await neverOpened(client, run.temporal)) ? old : id;
};

/** The server takes 400 bytes; a character is at most four. */
const SUMMARY_CHARS = 100;

/**
 * Starts `processWorkflow` with `request`. The same id again: running and the same request, it is joined; closed and
 * the same, its result is what the handle gives, and nothing runs, also when the server has forgotten the run and only
 * its directory knows it. A run that was refused, or ended before it was opened, is no run: its id is free.
 *
 * @throws RequestConflictError when the id belongs to another request, StorageFailed when a large request cannot be
 * spilled into the run's directory, Temporal's errors when the server is away.
 */
export const startProcessWorkflow = async (
  client: Client,
  request: ProcessWorkflowInput,
  options: StartOptions = {},
): Promise<RunHandle> => {
  const isEncrypted = isEncrypting(client.options.dataConverter);
  const { taskQueue = WORKFLOW_TASK_QUEUE } = options;
  const workflowId = options.workflowId ?? (await idOf(client, request, isEncrypted));
  const digest = requestDigest(request);
  const forgotten = await forgottenRun(client, request, workflowId);
  if (forgotten !== null) {
    if (forgotten.requestDigest !== digest) throw new RequestConflictError(workflowId);
    return getEndedRun(client, forgotten);
  }
  const argument = await workflowArgument(client, request, taskQueue);
  let typedSearchAttributes = startAttributes(request, isEncrypted);
  /** false when the id is taken. */
  const start = async (
    workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY',
  ): Promise<boolean> => {
    try {
      await client.workflow.start(WORKFLOW_TYPE, {
        workflowId,
        taskQueue,
        args: [argument],
        memo: { [REQUEST_DIGEST_MEMO]: digest, [DIRECTORY_MEMO]: runDirOf(request) },
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy,
        // What a request is called goes to the Web UI; a long or odd name must not fail the start.
        staticSummary: (workflowNameOf(request) ?? 'workflow').slice(0, SUMMARY_CHARS),
        typedSearchAttributes,
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      if (!isUnknownAttribute(error) || typedSearchAttributes.length === 0) throw error;
      typedSearchAttributes = [];
      return start(workflowIdReusePolicy);
    }
  };
  if (await start('REJECT_DUPLICATE')) return getRun(client, workflowId, false);
  const existing = getRun(client, workflowId);
  if (await neverOpened(client, existing.temporal)) {
    if (await start('ALLOW_DUPLICATE_FAILED_ONLY')) return getRun(client, workflowId, false);
  }
  if ((await digestOfRun(client, existing.temporal, request)) !== digest)
    throw new RequestConflictError(workflowId);
  return existing;
};
