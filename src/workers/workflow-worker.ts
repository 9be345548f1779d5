/** The workflow worker: runs `processWorkflow` on queue `fractal`; it needs no file system and no backend. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataConverter, WorkerDeploymentVersion } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { isEncrypting, keylessConverter } from '../encryption/converter.js';
import { WORKFLOW_TASK_QUEUE } from '../wire/names.js';
import type { RunnableWorker } from './activity-worker.js';
import { workerIdentity } from './identity.js';
import { queueState } from './queue-state.js';
import { SHUTDOWN_FORCE_SECONDS, SHUTDOWN_GRACE_SECONDS, WORKFLOW_TASKS_AT_ONCE } from './tunables.js';

export interface WorkflowWorkerOptions {
  connection: NativeConnection;
  namespace?: string;
  /** Default `fractal`. */
  taskQueue?: string;
  /** Encrypts, where keys are given (`encryptingConverter`, or `dataConverter` of a resolved target). */
  dataConverter?: DataConverter;
  /** Default: none, any workflow worker may go on with any run. */
  deployment?: WorkerDeploymentVersion | undefined;
}

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The bundle that the build made, or the sources where there is none (tests): bundling takes seconds. */
const workflowCode = (converter: DataConverter): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> => {
  // How failures are converted is part of the bundle: the workflow makes them.
  const name = isEncrypting(converter) ? 'workflow-bundle-encrypting.js' : 'workflow-bundle.js';
  const codePath = beside(`../${name}`);
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  const source = beside('../workflows/index.ts');
  return { workflowsPath: existsSync(source) ? source : beside('../workflows/index.js') };
};

/**
 * Temporal's worker versioning: a run stays with the version that it was started on (docs/versioning.md). Only workflow
 * code is versioned; activities read what any release has written.
 */
const versioning = (
  version: WorkerDeploymentVersion | undefined,
): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  version === undefined
    ? {}
    : {
        workerDeploymentOptions: {
          version,
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'PINNED',
        },
      };

/** Creates the worker; run it with `worker.run()`. */
export const createWorkflowWorker = async (options: WorkflowWorkerOptions): Promise<RunnableWorker> => {
  const { dataConverter = keylessConverter } = options;
  const worker = await Worker.create({
    connection: options.connection,
    namespace: options.namespace ?? 'default',
    taskQueue: options.taskQueue ?? WORKFLOW_TASK_QUEUE,
    identity: workerIdentity(),
    ...workflowCode(dataConverter),
    dataConverter,
    ...versioning(options.deployment),
    maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS_AT_ONCE,
    shutdownGraceTime: `${SHUTDOWN_GRACE_SECONDS}s`,
    shutdownForceTime: `${SHUTDOWN_FORCE_SECONDS}s`,
  });
  return {
    run: () => worker.run(),
    shutdown: () => worker.shutdown(),
    getState: () => worker.getState(),
    queues: () => [queueState(worker, 'workflow')],
    activities: () => 0,
  };
};
