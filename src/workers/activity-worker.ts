/**
 * An activity worker: the activities of one backend. Local and SLURM workers differ in the backend.
 *
 * It is two of Temporal's workers in one: one for batches, which wait for hours, one for the short activities, so that
 * these never wait for those (docs/architecture.md, "Task queues: one user, one host").
 */
import type { DataConverter } from '@temporalio/common';
import {
  Runtime,
  Worker,
  type NativeConnection,
  type WorkerInterceptors,
  type ActivityInterceptorsFactory,
} from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import type { Backend } from '../batch/contract.js';
import { isEncrypting, keylessConverter } from '../encryption/converter.js';
import { isRunning } from '../server/is-running.js';
import { rememberSearchAttributes } from '../server/search-attributes.js';
import { namespaceId } from '../server/namespace-id.js';
import { applyShareOfEnvironment } from '../state/rights.js';
import { runServer, type ServerPlace } from '../state/identity.js';
import { activityTaskQueue, stepsTaskQueue } from '../wire/names.js';
import type { QueueState } from '../monitor/readiness.js';
import { createRunFolders, type RunFolders } from '../monitor/run-folders.js';
import { createRunnerMetrics } from '../monitor/runner-metrics.js';
import { withLogFields } from './log-fields.js';
import { workerIdentity } from './identity.js';
import { queueState } from './queue-state.js';
import {
  BATCHES_AT_ONCE,
  HEARTBEAT_THROTTLE_SECONDS,
  SHUTDOWN_FORCE_SECONDS,
  SHUTDOWN_GRACE_SECONDS,
  STEPS_AT_ONCE,
} from './tunables.js';

export interface ActivityWorkerOptions {
  connection: NativeConnection;
  namespace?: string;
  /** Encrypts, where keys are given (`encryptingConverter`, or `dataConverter` of a resolved target). */
  dataConverter?: DataConverter;
  backend: Backend;
  /** Default `fractal-<backend>`. One queue belongs to one user and, for local, one host. */
  taskQueue?: string;
  /** Where the server is found again: recorded in the directory of every run, beside the id of the namespace. */
  server?: ServerPlace;
  /** Batches that this worker watches at once. */
  batchesAtOnce?: number;
  /** For how long a file that can never be read is looked at before its batch or step ends with its name. */
  permanentPatienceMs?: number;
  /** Of Temporal's SDK, such as that of OpenTelemetry; outermost first. */
  interceptors?: ActivityInterceptorsFactory[];
}

const UNTOLD: ServerPlace = { address: null, kind: 'given', home: null };

/** What runs and ends like one of Temporal's workers. */
export interface RunnableWorker extends Pick<Worker, 'run' | 'shutdown' | 'getState'> {
  /** The queues that it is to poll, and whether it does. */
  queues(): QueueState[];
  /** Activities that it is about at this moment; 0 for a workflow worker. */
  activities(): number;
}

const both = (batches: Worker, steps: Worker, folders: RunFolders): RunnableWorker => {
  const all = [batches, steps];
  const shutdown = (): void => {
    for (const worker of all) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    shutdown,
    queues: () => all.map((worker) => queueState(worker, 'activity')),
    activities: () => all.reduce((sum, worker) => sum + worker.getStatus().numInFlightActivities, 0),
    getState: () => all.find((worker) => worker.getState() !== 'STOPPED')?.getState() ?? 'STOPPED',
    run: async () => {
      folders.start();
      // One that fails must not leave the other behind, half a worker.
      const results = await Promise.allSettled(all.map((worker) => worker.run().finally(shutdown)));
      folders.stop();
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
};

/**
 * Creates the worker; run it with `worker.run()`. From now on this process makes files with the rights of
 * `FRACTAL_TEMPORAL_SHARE` (docs/security.md), unless it was told otherwise.
 */
export const createActivityWorker = async (options: ActivityWorkerOptions): Promise<RunnableWorker> => {
  applyShareOfEnvironment();
  const { connection, backend, batchesAtOnce = BATCHES_AT_ONCE, dataConverter = keylessConverter } = options;
  const namespace = options.namespace ?? 'default';
  const taskQueue = options.taskQueue ?? activityTaskQueue(backend.name);
  const place = options.server ?? UNTOLD;
  const id = await namespaceId(connection, namespace, place.address);
  const metrics = createRunnerMetrics(Runtime.instance().metricMeter, backend.name);
  const folders = createRunFolders(metrics.free);
  const activities = createActivities({
    ...{ backend, metrics, onRunFolder: folders.add },
    isEncrypted: isEncrypting(dataConverter),
    knownSearchAttributes: rememberSearchAttributes(connection, namespace),
    server: runServer(id, namespace, place),
    isRunning: (workflowId) => isRunning(connection, namespace, workflowId),
    permanentPatienceMs: options.permanentPatienceMs,
  });
  const { runBatch: _, ...steps } = activities;
  const interceptors: WorkerInterceptors = { activity: [...(options.interceptors ?? []), withLogFields] };
  const common = {
    ...{ connection, namespace, dataConverter },
    ...{ interceptors, identity: workerIdentity() },
    maxHeartbeatThrottleInterval: `${HEARTBEAT_THROTTLE_SECONDS}s`,
    defaultHeartbeatThrottleInterval: `${HEARTBEAT_THROTTLE_SECONDS}s`,
    shutdownGraceTime: `${SHUTDOWN_GRACE_SECONDS}s`,
    shutdownForceTime: `${SHUTDOWN_FORCE_SECONDS}s`,
  } as const;
  const batches = await Worker.create({
    ...common,
    taskQueue,
    // All of them: what a workflow of 0.1 has scheduled waits on this queue.
    activities,
    maxConcurrentActivityTaskExecutions: batchesAtOnce,
  });
  const short = await Worker.create({
    ...common,
    taskQueue: stepsTaskQueue(taskQueue),
    activities: steps,
    maxConcurrentActivityTaskExecutions: STEPS_AT_ONCE,
  });
  return both(batches, short, folders);
};
