import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  type ConnectedClient,
  connectClient,
  directoryOfRun,
  RequestConflictError,
  type RunHandle,
  startProcessWorkflow,
  unpolledQueues,
  WORKFLOW_TYPE,
} from '../../src/client/index.js';
import { requestDigest } from '../../src/client/request.js';
import { SPILL_OVER_BYTES } from '../../src/client/tunables.js';
import { oldDefaultWorkflowId } from '../../src/client/workflow-id.js';
import { until } from '../support/until.js';

let connected: ConnectedClient;
let client: Client;
let dir: string;
// Nobody polls this queue: what a start does must not depend on a worker.
const taskQueue = `none-${randomUUID()}`;
const started: RunHandle[] = [];

beforeAll(async () => {
  connected = await connectClient({
    connection: { address: inject('temporal').address },
    namespace: 'default',
  });
  client = connected.client;
});
afterAll(() => connected.close());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-start-'));
});
afterEach(async () => {
  for (const run of started.splice(0)) await run.temporal.terminate().catch(() => undefined);
  await rm(dir, { recursive: true, force: true });
});

const request = (extra: object = {}) => ({
  workflow: { name: 'My workflow', task_list: [] },
  dataset: { zarr_dir: '/z', images: [] },
  workflow_dir_local: dir,
  ...extra,
});

const start = async (input = request()): Promise<RunHandle> => {
  const run = await startProcessWorkflow(client, input, { taskQueue });
  started.push(run);
  return run;
};

describe('startProcessWorkflow', () => {
  it('records the digest of the request and names the workflow', async () => {
    const run = await start();
    const { memo } = await run.temporal.describe();
    expect(run.joined).toBe(false);
    expect(memo).toMatchObject({ request_digest: requestDigest(request()) });
    expect(await directoryOfRun(client, run.temporal)).toBe(dir);
  });

  it('shows what it is before any worker has it', async () => {
    const run = await start(request({ job_id: 7, backend: 'slurm', dataset: { id: 3, images: [] } }));
    const { typedSearchAttributes } = await run.temporal.describe();
    const shown = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(run.workflowId).toMatch(/^my-workflow-[0-9a-f]{16}$/);
    expect(Object.fromEntries(shown)).toMatchObject({
      FractalWorkflow: 'My workflow',
      FractalBackend: 'slurm',
      FractalDataset: '3',
      FractalJobId: 7,
    });
  });

  it('is started without them on a server that does not know them', async () => {
    const namespace = `bare-${randomUUID()}`;
    const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
    await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
    const bare = await connectClient({ connection: { address: inject('temporal').address }, namespace });
    try {
      await until('the namespace can be used', () =>
        startProcessWorkflow(bare.client, request(), { taskQueue }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof Error && /Namespace .* is not found/.test(String(error.cause))) return false;
            throw error;
          },
        ),
      );
      const joined = await startProcessWorkflow(bare.client, request(), { taskQueue });
      expect(joined.joined).toBe(true);
      await joined.temporal.terminate();
    } finally {
      await bare.close();
    }
  });

  it('a run that waits under an id of an older release is joined, one that was refused is not', async () => {
    const workflowId = oldDefaultWorkflowId(dir);
    const old = await startProcessWorkflow(client, request(), { workflowId, taskQueue });
    expect(await start()).toMatchObject({ joined: true, workflowId });
    await old.temporal.terminate('before it was opened');
    expect((await start()).workflowId).not.toBe(workflowId);
  });

  it('the same request again joins, whatever the order of its keys', async () => {
    const first = await start();
    const again = await start(
      Object.fromEntries(Object.entries(request()).reverse()) as ReturnType<typeof request>,
    );
    expect(again).toMatchObject({ joined: true, workflowId: first.workflowId });
  });

  it('another request with the same id is refused', async () => {
    await start();
    await expect(start(request({ job_id: 2 }))).rejects.toThrow(RequestConflictError);
  });

  it.each([
    ['the same', request],
    ['another', () => request({ job_id: 2 })],
  ])('a run that ended before it was opened is no run: %s request starts anew', async (_what, make) => {
    const run = await start();
    const { runId } = await run.temporal.describe();
    await run.temporal.terminate('by hand');
    const again = await start(make());
    expect(again.joined).toBe(false);
    expect((await again.temporal.describe()).runId).not.toBe(runId);
  });

  it('recognises a run that another client started without a memo', async () => {
    const workflowId = `other-${randomUUID()}`;
    const handle = await client.workflow.start(WORKFLOW_TYPE, { workflowId, taskQueue, args: [request()] });
    try {
      const again = await startProcessWorkflow(client, request(), { workflowId, taskQueue });
      expect(again.joined).toBe(true);
      const other = request({ job_id: 2 });
      await expect(startProcessWorkflow(client, other, { workflowId, taskQueue })).rejects.toThrow(
        RequestConflictError,
      );
    } finally {
      await handle.terminate();
    }
  });

  it.each([undefined, null, 3, { name: 7 }])(
    'a request whose workflow is %j is started: the run refuses it',
    async (workflow) => {
      const run = await start({ ...request(), workflow } as never);
      expect(run.joined).toBe(false);
    },
  );

  it('a request over the payload limit is started all the same', async () => {
    const large = request({ logger_name: 'x'.repeat(3 * SPILL_OVER_BYTES) });
    const run = await start(large);
    expect(await directoryOfRun(client, run.temporal)).toBe(dir);
    expect((await start(large)).joined).toBe(true);
  });
});

describe('a run that no worker serves', () => {
  it('shows its state, and which queues nobody polls', async () => {
    const run = await start();
    const queue = { name: taskQueue, type: 'workflow' } as const;
    expect(await unpolledQueues(client, [queue])).toEqual([queue]);
    expect(await run.progress()).toMatchObject({ state: 'RUNNING', progress: null, pending: [] });
  });
});
