/** Workers in this process, on task queues of their own, against the test run's server. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { getRun, startProcessWorkflow, type RunHandle } from '../../src/client/index.js';
import type { Backend } from '../../src/batch/contract.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { endProcessesIn } from './leftovers.js';
import { createActivityWorker, createWorkflowWorker, type RunnableWorker } from '../../src/workers/index.js';

export interface Harness {
  client: Client;
  connection: NativeConnection;
  workflowQueue: string;
  activityQueue: string;
  /** A folder for one test; removed at the end. */
  folder(): Promise<string>;
  /** Starts a run of `request` on the harness's queues. */
  start(request: Record<string, unknown>, workflowId?: string): Promise<RunHandle>;
  get(workflowId: string): RunHandle;
  /** Ends the activity worker as a shutdown does, and starts another with a backend of its own. */
  replaceWorker(): Promise<void>;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  /** Default: the local backend with `maxUnits` 4. */
  backend?: (stateDir: string, queue: string) => Backend;
  address: string;
  /** Encrypts, in workers and client. */
  dataConverter?: DataConverter;
  /** false: the test starts the activity worker itself, on `activityQueue`. */
  activities?: boolean;
  /** false: the test starts the workflow workers itself, on `workflowQueue`. */
  workflows?: boolean;
  maxUnits?: number;
  /** Batches that the worker watches at once, and how long it looks at what can never be read. */
  worker?: { batchesAtOnce?: number; permanentPatienceMs?: number };
  /** Instead of the thousands that the local backend puts into a batch. */
  unitsPerBatch?: number;
}

/** Workers that say nothing unless something is wrong. */
export const quiet = (() => {
  let installed = false;
  return (): void => {
    if (installed) return;
    installed = true;
    Runtime.install({
      telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
      logger: { trace() {}, debug() {}, info() {}, warn() {}, error: console.error, log() {} },
    });
  };
})();

const localBackend = (
  stateDir: string,
  queue: string,
  { maxUnits = 4, unitsPerBatch }: HarnessOptions,
): Backend => {
  // Whatever machine the tests run on.
  const backend = createLocalBackend({ stateDir, queue, maxUnits, mem: null });
  if (unitsPerBatch === undefined) return backend;
  return { ...backend, layout: (input) => ({ ...backend.layout(input), unitsPerBatch }) };
};

export const startHarness = async (options: HarnessOptions): Promise<Harness> => {
  quiet();
  const { address } = options;
  const base = await mkdtemp(join(tmpdir(), 'fractal-temporal-'));
  const id = randomUUID();
  const workflowQueue = `workflow-${id}`;
  const activityQueue = `activities-${id}`;
  const stateDir = join(base, 'state');
  const connection = await NativeConnection.connect({ address });
  const clientConnection = await Connection.connect({ address });
  const encryption = options.dataConverter === undefined ? {} : { dataConverter: options.dataConverter };
  const client = new Client({ connection: clientConnection, ...encryption });
  const makeBackend = (): Backend =>
    options.backend?.(stateDir, activityQueue) ?? localBackend(stateDir, activityQueue, options);

  const runWorker = (worker: RunnableWorker): (() => Promise<void>) => {
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
    };
  };
  const startActivities = async (): Promise<() => Promise<void>> =>
    runWorker(
      await createActivityWorker({
        ...{ connection, taskQueue: activityQueue, backend: makeBackend() },
        ...options.worker,
        ...encryption,
      }),
    );
  const stopWorkflows =
    options.workflows === false
      ? () => Promise.resolve()
      : runWorker(await createWorkflowWorker({ connection, taskQueue: workflowQueue, ...encryption }));
  let stopActivities = options.activities === false ? () => Promise.resolve() : await startActivities();
  let folders = 0;
  return {
    client,
    connection,
    workflowQueue,
    activityQueue,
    folder: async () => mkdtemp(join(base, `${(folders += 1)}-`)),
    start: (request, workflowId = `test-${randomUUID()}`) =>
      startProcessWorkflow(client, { ...request, activity_task_queue: activityQueue } as never, {
        workflowId,
        taskQueue: workflowQueue,
      }),
    get: (workflowId) => getRun(client, workflowId),
    replaceWorker: async () => {
      await stopActivities();
      stopActivities = await startActivities();
    },
    stop: async () => {
      await Promise.all([stopActivities(), stopWorkflows()]);
      await connection.close();
      await clientConnection.close();
      await endProcessesIn(base);
      await rm(base, { recursive: true, force: true });
    },
  };
};
