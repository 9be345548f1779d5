/** An activity worker: the activities on the queue of one backend. Local and SLURM workers differ in the backend. */
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import type { Backend } from '../executors/contract.js';
import { areRegistered } from '../server/search-attributes.js';
import { namespaceId } from '../server/namespace-id.js';
import { runServer, type ServerPlace } from '../state/identity.js';
import {
  ACTIVITIES_AT_ONCE,
  HEARTBEAT_THROTTLE_SECONDS,
  SHUTDOWN_FORCE_SECONDS,
  SHUTDOWN_GRACE_SECONDS,
} from './tunables.js';

export interface ActivityWorkerOptions {
  connection: NativeConnection;
  namespace?: string;
  backend: Backend;
  /** Default `fractal-<backend>`. One queue belongs to one user and, for local, one host. */
  taskQueue?: string;
  /** Where the server is found again: recorded in the directory of every run, beside the id of the namespace. */
  server?: ServerPlace;
}

const UNTOLD: ServerPlace = { address: null, kind: 'given', home: null };

/** Creates the worker; run it with `worker.run()`. */
export const createActivityWorker = async (options: ActivityWorkerOptions): Promise<Worker> => {
  const { connection, backend } = options;
  const namespace = options.namespace ?? 'default';
  const place = options.server ?? UNTOLD;
  const id = await namespaceId(connection, namespace, place.address);
  return Worker.create({
    connection,
    namespace,
    taskQueue: options.taskQueue ?? `fractal-${backend.name}`,
    activities: createActivities({
      backend,
      searchAttributesRegistered: () => areRegistered(connection, namespace),
      server: runServer(id, namespace, place),
    }),
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE,
    maxHeartbeatThrottleInterval: `${String(HEARTBEAT_THROTTLE_SECONDS)}s`,
    defaultHeartbeatThrottleInterval: `${String(HEARTBEAT_THROTTLE_SECONDS)}s`,
    shutdownGraceTime: `${String(SHUTDOWN_GRACE_SECONDS)}s`,
    shutdownForceTime: `${String(SHUTDOWN_FORCE_SECONDS)}s`,
  });
};
