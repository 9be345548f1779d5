/** Asks the workers that see a run's directory, by a short workflow (docs/from-afar.md). */
import { isGrpcServiceError, WorkflowFailedError, type Client } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { stepsTaskQueue } from '../wire/names.js';
import { activityTaskQueue } from '../wire/routing.js';
import type { OfRunFiles } from '../wire/run-file.js';
import { unpolledQueues } from './pollers.js';
import { FILE_WORKFLOW_SECONDS } from './tunables.js';

/** A file of a run cannot be had from its workers, or not be given to them; the message says why. */
export class RunFileError extends Error {
  override readonly name = 'RunFileError';
}

const wordsOf = (error: WorkflowFailedError, queue: string): string => {
  const { cause } = error;
  const inner = cause instanceof ActivityFailure ? cause.cause : cause;
  if (inner instanceof ApplicationFailure) return inner.message;
  if (inner instanceof TimeoutFailure)
    return `the workers of queue ${queue} have not answered in time; are they alive?`;
  return inner?.message ?? error.message;
};

/**
 * @param type of the workflow, `of` its argument, `name` what makes its id unique.
 * @throws RunFileError; Temporal's errors when the server is away.
 */
export const askFileWorkers = async <T>(
  client: Client,
  type: string,
  of: OfRunFiles,
  workflowQueue: string,
  name: string,
): Promise<T> => {
  const queue = stepsTaskQueue(activityTaskQueue(of));
  const silent = await unpolledQueues(client, [
    { name: workflowQueue, type: 'workflow' },
    { name: queue, type: 'activity' },
  ]).catch((error: unknown) => {
    // Who may not look at queues may still start workflows.
    if (isGrpcServiceError(error)) return [];
    throw error;
  });
  if (silent.length > 0)
    throw new RunFileError(
      `${of.workflow_dir} is not to be seen from here, and no worker that sees it polls ` +
        silent.map((one) => `${one.type} queue ${one.name}`).join(' and '),
    );
  try {
    return (await client.workflow.execute(type, {
      workflowId: `${type}-${name}`,
      taskQueue: workflowQueue,
      args: [of],
      workflowExecutionTimeout: `${FILE_WORKFLOW_SECONDS}s`,
    })) as T;
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw new RunFileError(wordsOf(error, queue), { cause: error });
    throw error;
  }
};
