/** From what an activity throws to what the run ends with: always a Temporal failure of a constant type. */
import { ApplicationFailureCategory } from '@temporalio/common';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { BatchFailureDetails, BatchOutcome } from '../wire/activities.js';
import {
  emptyFailureDetails,
  INVALID_REQUEST_ERROR,
  JOB_EXECUTION_ERROR,
  TASK_EXECUTION_ERROR,
  type ExecutionFailure,
  type FailureDetails,
  type ResultReference,
} from '../wire/failure.js';
import { withoutStack } from '../wire/without-stack.js';

const innermost = (error: unknown): unknown => (error instanceof ActivityFailure ? error.cause : error);

const applicationFailure = (error: unknown, ...types: string[]): ApplicationFailure | null => {
  const cause = innermost(error);
  return cause instanceof ApplicationFailure && types.includes(cause.type ?? '') ? cause : null;
};

/** The refusal of a request, as the run ends with it; null for any other error. */
export const asInvalidRequest = (error: unknown): ApplicationFailure | null => {
  const cause = applicationFailure(error, INVALID_REQUEST_ERROR);
  if (cause === null) return null;
  return withoutStack(
    ApplicationFailure.create({
      type: INVALID_REQUEST_ERROR,
      message: cause.message,
      nonRetryable: true,
      category: ApplicationFailureCategory.BENIGN,
      details: cause.details ?? [],
    }),
  );
};

/** The outcome of a batch whose units failed; null when the batch has none (its activity itself gave up). */
export const outcomeOfFailedBatch = (error: unknown): BatchOutcome | null => {
  const cause = applicationFailure(error, TASK_EXECUTION_ERROR, JOB_EXECUTION_ERROR);
  const details = cause?.details?.[0] as BatchFailureDetails | undefined;
  return details?.outcome ?? null;
};

/** Any failure of an activity as one of the two error classes. */
export const asExecutionFailure = (error: unknown, doing: string): ExecutionFailure => {
  const known = applicationFailure(error, TASK_EXECUTION_ERROR, JOB_EXECUTION_ERROR);
  if (known !== null) {
    const details = (known.details?.[0] ?? emptyFailureDetails) as FailureDetails;
    return { type: known.type as ExecutionFailure['type'], message: known.message, details };
  }
  const cause = innermost(error);
  const words =
    cause instanceof TimeoutFailure
      ? `no worker finished it in time (${cause.message})`
      : cause instanceof Error
        ? cause.message
        : String(cause);
  const message = `${doing}: ${words}`;
  return { type: JOB_EXECUTION_ERROR, message, details: { ...emptyFailureDetails, info: message } };
};

export const asApplicationFailure = (
  failure: ExecutionFailure,
  result: ResultReference | null,
): ApplicationFailure =>
  withoutStack(
    ApplicationFailure.create({
      type: failure.type,
      message: failure.message,
      nonRetryable: true,
      // The user's task failed, not the worker: no warning in its log.
      category: ApplicationFailureCategory.BENIGN,
      details: [{ ...failure.details, result }],
    }),
  );
