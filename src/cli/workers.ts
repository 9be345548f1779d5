/** The workers of one process, run and ended together. */
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { NoServer, placeOf, type ServerTarget } from '../server/address.js';
import type { Environment } from '../server/folders.js';
import { namespaceId } from '../server/namespace-id.js';
import { registerSearchAttributes } from '../server/search-attributes.js';
import { activityTaskQueue } from '../wire/names.js';
import {
  createActivityWorker,
  createWorkflowWorker,
  growHeapSlowly,
  type RunnableWorker,
} from '../workers/index.js';
import { type BackendOptions, type OpenBackend, openBackend } from './backends.js';

export interface WorkersSpec {
  /** Queue of the workflow worker; null for none. */
  workflowQueue: string | null;
  /** Backends by name, each with its queue. */
  backends: { name: string; queue: string }[];
  options: BackendOptions;
  env: Environment;
  logger: Logger;
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

const openAll = async (
  connection: NativeConnection,
  target: ServerTarget,
  spec: WorkersSpec,
): Promise<OpenBackend[]> => {
  const id = await namespaceId(connection, target.namespace, target.connection.address);
  const opened: OpenBackend[] = [];
  try {
    for (const { name, queue } of spec.backends) {
      opened.push(await openBackend(name, spec.options, { queue, serverId: id, env: spec.env }));
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((backend) => backend.close()));
    throw error;
  }
};

const createAll = async (
  connection: NativeConnection,
  target: ServerTarget,
  opened: readonly OpenBackend[],
  spec: WorkersSpec,
): Promise<RunnableWorker[]> => {
  const workers: RunnableWorker[] = [];
  const { namespace } = target;
  const server = placeOf(target);
  if (spec.workflowQueue !== null) {
    workers.push(await createWorkflowWorker({ connection, namespace, taskQueue: spec.workflowQueue }));
  }
  for (const [index, { backend }] of opened.entries()) {
    const taskQueue = spec.backends[index]?.queue ?? activityTaskQueue(backend.name);
    workers.push(await createActivityWorker({ connection, namespace, backend, taskQueue, server }));
  }
  return workers;
};

const runAll = (workers: readonly RunnableWorker[], release: () => Promise<void>): RunningWorkers => {
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One that fails must not leave the others behind, half a worker.
  const all = workers.map((worker) => worker.run().finally(shutdown));
  const ended = Promise.allSettled(all).then(async (results) => {
    await release();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  // Whoever waits for `ended` sees the failure; that nobody waits yet must not end the process.
  ended.catch(() => undefined);
  return {
    ended,
    stop: async () => {
      shutdown();
      await ended;
    },
  };
};

/**
 * Connects, registers the search attributes where permitted, opens the backends, starts the workers.
 *
 * @throws NoServer; UsageError and WorkerAlreadyRunning from the backends.
 */
export const startWorkers = async (target: ServerTarget, spec: WorkersSpec): Promise<RunningWorkers> => {
  growHeapSlowly();
  const connection = await connect(target);
  const { namespace } = target;
  let opened: OpenBackend[] = [];
  const release = async (): Promise<void> => {
    await connection.close();
    await Promise.all(opened.map((backend) => backend.close()));
  };
  try {
    const problem = await registerSearchAttributes(connection, namespace);
    if (problem !== null) spec.logger.info({ problem }, 'runs are started without search attributes');
    opened = await openAll(connection, target, spec);
    for (const notice of opened.flatMap(({ notices }) => notices)) spec.logger.warn(notice);
    return runAll(await createAll(connection, target, opened, spec), release);
  } catch (error) {
    await release();
    throw error;
  }
};
