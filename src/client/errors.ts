/** What a caller of the client catches (docs/client.md, docs/errors.md). */
import type {
  ExecutionFailure,
  ExecutionErrorType,
  FailureDetails,
  InputError,
  ResultReference,
} from '../wire/failure.js';

/** A run that did not end as done, whatever the reason. */
export class RunError extends Error {
  override readonly name: string = 'RunError';
  constructor(
    message: string,
    readonly workflowId: string,
    /** Where the partial result lies; null when there is none or nobody could tell. */
    readonly result: ResultReference | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A task failed; `details` says which unit, with what exit code, and where its log is. */
export abstract class ExecutionError extends RunError {
  abstract override readonly name: ExecutionErrorType;
  constructor(
    failure: Pick<ExecutionFailure, 'message' | 'details'>,
    workflowId: string,
    options?: ErrorOptions,
  ) {
    super(failure.message, workflowId, failure.details.result, options);
    this.details = failure.details;
  }
  readonly details: FailureDetails;
}

/** A task's process ran and failed: positive exit code, or an output that does not validate. */
export class TaskExecutionError extends ExecutionError {
  override readonly name = 'TaskExecutionError';
}

/** What ran the task failed: killed, not executable, refused, out of memory or time, node lost. */
export class JobExecutionError extends ExecutionError {
  override readonly name = 'JobExecutionError';
}

/** One line per error: pointer, what was expected, what came. */
export const describeInputErrors = (errors: readonly InputError[]): string =>
  [
    `The request is invalid (${errors.length} ${errors.length === 1 ? 'error' : 'errors'}):`,
    ...errors.map(
      ({ path, expected, got }) =>
        `  ${path === '' ? '(the request)' : path}: expected ${expected}, got ${got}`,
    ),
  ].join('\n');

/** The request is wrong; nothing ran. */
export class InvalidRequestError extends RunError {
  override readonly name = 'InvalidRequestError';
  constructor(
    readonly errors: readonly InputError[],
    workflowId: string,
    options?: ErrorOptions,
  ) {
    super(describeInputErrors(errors), workflowId, null, options);
  }
}

/** The run was cancelled; its batches were stopped and its partial result is kept. */
export class RunCancelledError extends RunError {
  override readonly name = 'RunCancelledError';
}

/** An update of a living run was refused: impossible where it stands, or wrong in itself. Nothing was changed. */
export class UpdateRefusedError extends Error {
  override readonly name = 'UpdateRefusedError';
  constructor(
    message: string,
    readonly workflowId: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The id is taken by a run of another request. */
export class RequestConflictError extends Error {
  override readonly name = 'RequestConflictError';
  constructor(readonly workflowId: string) {
    super(
      `There is a run ${workflowId} of another request already. ` +
        'Use another working directory, or another workflow id, for this one.',
    );
  }
}

/** The id is taken, and neither the server nor the directory of the request knows of which request. */
export class RequestUnknownError extends Error {
  override readonly name = 'RequestUnknownError';
  constructor(readonly workflowId: string) {
    super(
      `There is a run ${workflowId}, and nobody knows any more of which request: the server has forgotten its ` +
        'beginning. Use another working directory, or another workflow id.',
    );
  }
}

/** The directory holds no run that could be continued. */
export class NotContinuableError extends Error {
  override readonly name = 'NotContinuableError';
}

/** The run has a result, but this machine cannot read it; `reference` says where it is. */
export class ResultUnreadableError extends Error {
  override readonly name = 'ResultUnreadableError';
  constructor(
    readonly reference: ResultReference,
    why: string,
    options?: ErrorOptions,
  ) {
    super(
      `The result (${reference.images} images, ${reference.units} units) is in ${reference.path}, ` +
        `where the worker wrote it, and cannot be read here: ${why}`,
      options,
    );
  }
}
