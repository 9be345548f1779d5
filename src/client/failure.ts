/** A run's failure as Temporal carries it, turned back into the error classes. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import {
  emptyFailureDetails,
  type FailureDetails,
  INVALID_REQUEST_ERROR,
  type InvalidRequestDetails,
  JOB_EXECUTION_ERROR,
  TASK_EXECUTION_ERROR,
} from '../wire/failure.js';
import {
  InvalidRequestError,
  JobExecutionError,
  RunCancelledError,
  RunError,
  TaskExecutionError,
} from './errors.js';

const firstDetail = (failure: ApplicationFailure): unknown => failure.details?.[0] ?? null;

const failureDetails = (failure: ApplicationFailure): FailureDetails => ({
  ...emptyFailureDetails,
  ...(firstDetail(failure) as Partial<FailureDetails> | null),
});

/**
 * The error of a run that did not end as done: one of the classes of errors.ts by the failure's type; a
 * `RunError` for what has no class (terminated by hand, timed out). Other errors (no server) come back as they are.
 */
export const runErrorFrom = (error: unknown, workflowId: string): unknown => {
  if (!(error instanceof WorkflowFailedError)) return error;
  const { cause } = error;
  if (cause instanceof CancelledFailure) {
    return new RunCancelledError(`Run ${workflowId} was cancelled.`, workflowId, null, { cause });
  }
  if (cause instanceof ApplicationFailure) {
    const failure = { message: cause.message, details: failureDetails(cause) };
    if (cause.type === TASK_EXECUTION_ERROR) return new TaskExecutionError(failure, workflowId, { cause });
    if (cause.type === JOB_EXECUTION_ERROR) return new JobExecutionError(failure, workflowId, { cause });
    if (cause.type === INVALID_REQUEST_ERROR) {
      const details = firstDetail(cause) as InvalidRequestDetails | null;
      return new InvalidRequestError(details?.errors ?? [], workflowId, { cause });
    }
  }
  const message = `Run ${workflowId} ended abnormally: ${cause?.message ?? error.message}`;
  return new RunError(message, workflowId, null, { cause: error });
};
