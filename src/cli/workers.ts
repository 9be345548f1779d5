/** The workers of one process, run and ended together. */
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { NativeConnection, type ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Logger } from 'pino';
import { placeOf, type ServerTarget } from '../server/address.js';
import { noServer } from '../server/connection/no-server.js';
import type { QueueState } from '../monitor/readiness.js';
import { SERVER_ANSWER_MS } from '../monitor/tunables.js';
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
import { unlessAborted } from './signals.js';

export interface WorkersSpec {
  /** Queue of the workflow worker; null for none. */
  workflowQueue: string | null;
  /** Version of the workflow worker's deployment; absent: it is not versioned. */
  deployment?: WorkerDeploymentVersion | undefined;
  /** Backends by name, each with its queue. */
  backends: { name: string; queue: string }[];
  options: BackendOptions;
  env: Environment;
  logger: Logger;
  /** For every activity. */
  interceptors?: ActivityInterceptorsFactory[];
}

export interface RunningWorkers {
  /** Settles when all have ended; rejects when one failed. */
  readonly ended: Promise<void>;
  /** The queues that they are to poll, and whether they do. */
  queues(): QueueState[];
  /** Activities that they are about at this moment. */
  activities(): number;
  /** Resolves to null when the server answers over the workers' connection, else to the reason why not. */
  ask(): Promise<string | null>;
  /** Lets them finish what they are about (batches go on without them) and waits. */
  stop(): Promise<void>;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const connect = async (target: ServerTarget): Promise<NativeConnection> => {
  try {
    return await NativeConnection.connect(target.connection);
  } catch (error) {
    throw await noServer(target.connection, error);
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
  const common = { connection, namespace: target.namespace, dataConverter: target.dataConverter };
  const server = placeOf(target);
  const { interceptors = [] } = spec;
  if (spec.workflowQueue !== null) {
    const { workflowQueue: taskQueue, deployment } = spec;
    workers.push(await createWorkflowWorker({ ...common, taskQueue, deployment }));
  }
  for (const [index, { backend }] of opened.entries()) {
    const taskQueue = spec.backends[index]?.queue ?? activityTaskQueue(backend.name);
    workers.push(await createActivityWorker({ ...common, backend, taskQueue, server, interceptors }));
  }
  return workers;
};

/** As the workers' own calls go: it must reach the server, be permitted, and find the namespace. */
const askServer = async (connection: NativeConnection, namespace: string): Promise<string | null> => {
  const deadline = AbortSignal.timeout(SERVER_ANSWER_MS);
  try {
    const call = connection.withDeadline(Date.now() + SERVER_ANSWER_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    // The SDK tries again for seconds beyond the deadline while nobody listens at the address.
    return (await unlessAborted(call, deadline)) === null ? `no answer within ${SERVER_ANSWER_MS} ms` : null;
  } catch (error) {
    return wordsOf(error);
  }
};

const runAll = (
  workers: readonly RunnableWorker[],
  release: () => Promise<void>,
  logger: Logger,
): Omit<RunningWorkers, 'ask'> => {
  let ending = false;
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One that fails must not leave the others behind, half a worker.
  const all = workers.map((worker) => worker.run().finally(shutdown));
  const ended = Promise.allSettled(all).then(async (results) => {
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    await release().catch((error: unknown) => failures.push(error));
    if (failures.length === 0) return;
    if (!ending) throw failures[0];
    // It has done what it was told. With the server away the SDK waits in vain to tell it so, and is cut off.
    logger.info({ problems: failures.map(wordsOf) }, 'the workers were cut off at their end');
  });
  // Whoever waits for `ended` sees the failure; that nobody waits yet must not end the process.
  ended.catch(() => undefined);
  return {
    ended,
    queues: () => workers.flatMap((worker) => worker.queues()),
    activities: () => workers.reduce((sum, worker) => sum + worker.activities(), 0),
    stop: async () => {
      ending = true;
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
    const workers = await createAll(connection, target, opened, spec);
    const running = runAll(workers, release, spec.logger);
    return { ...running, ask: () => askServer(connection, namespace) };
  } catch (error) {
    await release();
    throw error;
  }
};
