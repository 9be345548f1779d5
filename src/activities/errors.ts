/** Errors inside the activities, and how each becomes a failure of a constant type (docs/errors.md). */
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { SubmissionRefused, WrongWorker } from '../batch/errors.js';
import { StateCorrupt } from '../state/errors.js';
import {
  INVALID_REQUEST_ERROR,
  jobFailure,
  type ExecutionFailure,
  type InputError,
} from '../wire/failure.js';
import { RUN_FILE_REFUSED } from '../wire/run-file.js';
import { UPDATE_REFUSED } from '../wire/updates.js';
import { withoutStack } from '../wire/without-stack.js';

/** The request is wrong; all that is wrong with it. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';

  constructor(readonly errors: InputError[]) {
    super(
      `The request is not valid: ${errors.map((e) => `${e.path || '(request)'}: expected ${e.expected}, got ${e.got}`).join('; ')}`,
    );
  }
}

/** An operator's update that is impossible; the message says why. Nothing was changed. */
export class UpdateRefused extends Error {
  override readonly name = 'UpdateRefused';
}

/** What is no public file of a run, or no piece of a request, in words. */
export class RunFileRefused extends Error {
  override readonly name = 'RunFileRefused';
}

/** A failure that is already in its final words. */
export class ExecutionFailed extends Error {
  override readonly name = 'ExecutionFailed';

  constructor(readonly failure: ExecutionFailure) {
    super(failure.message);
  }
}

/**
 * Maps an error of an activity onto what Temporal carries: final ones are not retryable, storage and unforeseen
 * ones are.
 */
export const asFailure = (error: unknown): Error => {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof InvalidRequest) {
    return withoutStack(
      ApplicationFailure.create({
        type: INVALID_REQUEST_ERROR,
        message: error.message,
        nonRetryable: true,
        category: ApplicationFailureCategory.BENIGN,
        details: [{ errors: error.errors }],
      }),
    );
  }
  if (error instanceof UpdateRefused || error instanceof RunFileRefused) {
    return withoutStack(
      ApplicationFailure.create({
        type: error instanceof UpdateRefused ? UPDATE_REFUSED : RUN_FILE_REFUSED,
        message: error.message,
        nonRetryable: true,
        category: ApplicationFailureCategory.BENIGN,
      }),
    );
  }
  if (error instanceof ExecutionFailed) {
    const { type, message, details } = error.failure;
    return withoutStack(
      ApplicationFailure.create({
        type,
        message,
        nonRetryable: true,
        category: ApplicationFailureCategory.BENIGN,
        details: [details],
      }),
    );
  }
  if (error instanceof StateCorrupt || error instanceof SubmissionRefused) {
    const { type, message, details } = jobFailure(error.message);
    const failure = ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
    return error instanceof SubmissionRefused ? withoutStack(failure) : failure;
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  const type = cause instanceof WrongWorker ? 'WrongWorker' : cause.name;
  return ApplicationFailure.create({ type, message: cause.message, nonRetryable: false, cause });
};
