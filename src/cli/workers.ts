/** The workers of one process, run and ended together. */
import { NativeConnection, type Worker } from '@temporalio/worker';
import type { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { NoServer, type ServerTarget } from '../server/address.js';
import { registerSearchAttributes } from '../server/search-attributes.js';
import { createActivityWorker, createWorkflowWorker } from '../workers/index.js';
import type { OpenBackend } from './backends.js';

export interface WorkersSpec {
  /** Queue of the workflow worker; null for none. */
  workflowQueue: string | null;
  activities: { backend: OpenBackend; queue: string }[];
}

export interface RunningWorkers {
  /** Settles when all have ended; rejects when one failed. */
  readonly ended: Promise<void>;
  /** Lets them finish what they are about (batches go on without them) and waits. */
  stop(): Promise<void>;
}

const connect = async (target: ServerTarget): Promise<NativeConnection> => {
  try {
    return await NativeConnection.connect(target.connection);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoServer(`No Temporal server answers at ${target.connection.address}: ${why}`);
  }
};

/** Connects, creates and starts the workers. */
export const startWorkers = async (
  target: ServerTarget,
  spec: WorkersSpec,
  logger: Logger,
): Promise<RunningWorkers> => {
  const connection = await connect(target);
  const { namespace } = target;
  const problem = await registerSearchAttributes(connection as unknown as Connection, namespace);
  if (problem !== null) logger.info({ problem }, 'runs are started without search attributes');
  const workers: Worker[] = [];
  if (spec.workflowQueue !== null) {
    workers.push(await createWorkflowWorker({ connection, namespace, taskQueue: spec.workflowQueue }));
  }
  for (const { backend, queue } of spec.activities) {
    workers.push(
      await createActivityWorker({ connection, namespace, backend: backend.backend, taskQueue: queue }),
    );
  }
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One that fails must not leave the others behind, half a worker.
  const all = workers.map((worker) => worker.run().finally(shutdown));
  const ended = Promise.allSettled(all).then(async (results) => {
    await connection.close();
    for (const { backend } of spec.activities) await backend.close();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  // Whoever waits for `ended` sees the failure; nobody waiting yet is not an unhandled rejection.
  ended.catch(() => undefined);
  return {
    ended,
    stop: async () => {
      shutdown();
      await ended;
    },
  };
};
