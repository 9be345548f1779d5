/** Calls to a server that many tests at once keep from answering in time. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';

const AGAIN_MS = 500;
/** RESOURCE_EXHAUSTED, UNAVAILABLE. */
const BUSY = [8, 14];

const isLate = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
  isGrpcDeadlineError(error) ||
  isGrpcCancelledError(error) ||
  [error, (error as Error).cause].some((one) => isGrpcServiceError(one) && BUSY.includes(one.code));

/** @param call what may be repeated: a question, or an update with an id. */
export const patient = async <T>(call: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isLate(error)) throw error;
    }
    await sleep(AGAIN_MS);
  }
};
