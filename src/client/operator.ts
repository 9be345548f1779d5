/** The operator's hand on a living run: the five updates, typed (docs/updates.md). */
import { randomUUID } from 'node:crypto';
import {
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type {
  PauseArgument,
  RetryArgument,
  SkipArgument,
  UpdateAnswer,
  UpdateName,
} from '../wire/updates.js';
import { UpdateRefusedError } from './errors.js';
import { LONG_POLL_MS, UPDATE_BYTES } from './tunables.js';

export interface UpdateOptions {
  /** The same id again is the same update: it is done once, and answered alike. Default: a new one. */
  updateId?: string;
}

/** Each throws UpdateRefusedError, with nothing changed, where it is impossible. */
export interface OperatorHandle {
  /** No further batch begins; with `now`, running batches start no further unit either. */
  pause(argument?: Partial<PauseArgument>, options?: UpdateOptions): Promise<UpdateAnswer>;
  /** A paused run goes on. */
  resume(options?: UpdateOptions): Promise<UpdateAnswer>;
  /** A held run: runs failed units again; resolves when they are planned. Default: all that failed, as they were. */
  retry(argument?: Partial<RetryArgument>, options?: UpdateOptions): Promise<UpdateAnswer>;
  /** A held run: gives failed units up. Default: all of them; the run goes on then. */
  skip(argument?: Partial<SkipArgument>, options?: UpdateOptions): Promise<UpdateAnswer>;
  /** A held run fails, any other is cancelled. */
  stop(options?: UpdateOptions): Promise<UpdateAnswer>;
}

const wordsOf = (error: Error): string =>
  error.cause instanceof Error ? error.cause.message : error.message;

const GOES_ON: readonly UpdateName[] = ['retry', 'skip', 'resume'];

const runHasEnded = (name: UpdateName, workflowId: string): string =>
  `${name} refused: the run has ended` +
  (GOES_ON.includes(name)
    ? `. What is not done goes on in a new run: \`fractal-temporal continue ${workflowId}\`, or continue_from in its request.`
    : '');

const ask = async (
  handle: WorkflowHandle,
  name: UpdateName,
  argument: object,
  { updateId = randomUUID() }: UpdateOptions,
): Promise<UpdateAnswer> => {
  const { workflowId } = handle;
  const bytes = Buffer.byteLength(JSON.stringify(argument));
  if (bytes > UPDATE_BYTES) {
    const why = `its argument has ${bytes} bytes, and an update takes ${UPDATE_BYTES}: name fewer units, or "failed" for all that failed`;
    throw new UpdateRefusedError(`${name} refused: ${why}`, workflowId);
  }
  for (;;) {
    const asked = performance.now();
    try {
      return await handle.executeUpdate<UpdateAnswer, [object]>(name, { args: [argument], updateId });
    } catch (error) {
      // A server has waited for the answer as long as it does: the update may have been taken, the same id asks for it. What
      // ends sooner is the caller's own deadline, abort or closed connection, and would end at once each time.
      const isLate = performance.now() - asked > LONG_POLL_MS;
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError && isLate) continue;
      if (error instanceof WorkflowUpdateFailedError)
        throw new UpdateRefusedError(wordsOf(error), workflowId, { cause: error });
      if (error instanceof WorkflowNotFoundError && /already completed/i.test(error.message))
        throw new UpdateRefusedError(runHasEnded(name, workflowId), workflowId, { cause: error });
      throw error;
    }
  }
};

export const operatorOf = (handle: WorkflowHandle): OperatorHandle => ({
  pause: (argument = {}, options = {}) => ask(handle, 'pause', argument, options),
  resume: (options = {}) => ask(handle, 'resume', {}, options),
  retry: (argument = {}, options = {}) => ask(handle, 'retry', argument, options),
  skip: (argument = {}, options = {}) => ask(handle, 'skip', argument, options),
  stop: (options = {}) => ask(handle, 'stop', {}, options),
});

/** Of a run that has ended: nothing can be asked of it any more. */
export const endedOperator = (workflowId: string): OperatorHandle => {
  const refuse = (name: UpdateName) => (): Promise<never> =>
    Promise.reject(new UpdateRefusedError(runHasEnded(name, workflowId), workflowId));
  return {
    pause: refuse('pause'),
    resume: refuse('resume'),
    retry: refuse('retry'),
    skip: refuse('skip'),
    stop: refuse('stop'),
  };
};
