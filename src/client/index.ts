/** The typed client (docs/client.md); the package's index re-exports it. */
export { connectClient, type ConnectedClient } from './connect.js';
export {
  describeInputErrors,
  ExecutionError,
  InvalidRequestError,
  JobExecutionError,
  NotContinuableError,
  RequestConflictError,
  RequestUnknownError,
  ResultUnreadableError,
  RunCancelledError,
  RunError,
  TaskExecutionError,
  UpdateRefusedError,
} from './errors.js';
export { type Again, againRequest, type ContinueOptions, continuedRequest } from './continue.js';
export { endOf, type EndedRun, readEndedRun } from './ended-run.js';
export { eventsFrom, type EventsOptions } from './events.js';
export { RunFileError } from './file-workers.js';
export { getRun, type RunHandle } from './handle.js';
export type { OperatorHandle, UpdateOptions } from './operator.js';
export type { PendingActivity } from './pending.js';
export { addLiveCounts, isEnded, type LiveProgress } from './progress.js';
export { type Queue, unpolledQueues } from './pollers.js';
export { type ProcessWorkflowInput, requestDigest, runDirOf } from './request.js';
export { readResult } from './result.js';
export { filesHere, filesOfRun, type RunFiles } from './run-files.js';
export { activityQueueOfRun, digestOfRun, directoryOfRun } from './start-argument.js';
export { type StartOptions, startProcessWorkflow } from './start.js';
export { defaultWorkflowId, isDefaultIdOf, workflowIdOf } from './workflow-id.js';
export { WORKFLOW_TASK_QUEUE, WORKFLOW_TYPE } from '../wire/names.js';
