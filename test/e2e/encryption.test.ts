/** Whole runs with encryption, on a server with a database of its own: nothing of a request is to be found there. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  connectClient,
  type ProcessWorkflowInput,
  startProcessWorkflow,
  TaskExecutionError,
} from '../../src/client/index.js';
import { encryptingConverter } from '../../src/encryption/converter.js';
import { openKeyFile } from '../../src/encryption/key-file.js';
import { makeKeyFile, rotateKeyFile } from '../../src/encryption/make-keys.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { listRuns } from '../../src/report/runs.js';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/server/index.js';
import { createActivityWorker } from '../../src/workers/index.js';
import { type Harness, startHarness } from '../support/harness.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

const CANARY = `canary-${randomUUID()}`;

let dir: string;
let keyFile: string;
let firstKey: string;
let server: EmbeddedServer;
let harness: Harness;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-encryption-'));
  keyFile = join(dir, 'keys.json');
  firstKey = await makeKeyFile(keyFile);
  server = await startEmbeddedServer({
    binary: inject('temporal').binary,
    dbFile: join(dir, 'db', 'temporal.db'),
    logFile: join(dir, 'server.log'),
  });
  harness = await startHarness({
    address: server.address,
    dataConverter: encryptingConverter(openKeyFile(keyFile)),
  });
});
afterAll(async () => {
  await harness.stop();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Everything that the server has of a run, as bytes: all events of all links, and what `describe` tells. */
const rawOf = async (workflowId: string): Promise<Buffer> => {
  const { client } = harness;
  const handle = client.workflow.getHandle(workflowId);
  const history = await handle.fetchHistory();
  const { raw } = await handle.describe();
  return Buffer.concat([
    temporal.api.history.v1.History.encode(history).finish(),
    temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse.encode(
      raw as temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse,
    ).finish(),
  ]);
};

/** The names of workflow, task, dataset and images, folders, arguments and logs hold the canary. */
const secretRequest = async (task: (base: string) => object = () => ({})) => {
  const base = await harness.folder();
  const request = makeRequest({
    dir: join(base, CANARY),
    tasks: [{ type: 'parallel', name: `Task ${CANARY}`, ...task(base) }],
    images: [`${CANARY}/a`, `${CANARY}/b`],
  });
  return {
    base,
    request: {
      ...request,
      workflow: { ...request.workflow, name: `Workflow ${CANARY}` },
      dataset: { ...request.dataset, name: `Dataset ${CANARY}` },
    },
  };
};

/** Its units wait for the file `go`. */
const waiting = (base: string) => ({
  runs_file: join(base, 'runs'),
  script: { '*': { wait_for: join(base, 'go') } },
});

const databaseBytes = async (): Promise<Buffer> => {
  const folder = join(dir, 'db');
  const files = await readdir(folder);
  expect(files).toContain('temporal.db');
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(folder, file)))));
};

describe('an encrypted run', () => {
  it('is done, and is read by a client with the keys', async () => {
    const { request } = await secretRequest(() => ({ script: { '*': { log: CANARY } } }));
    const run = await harness.start(request);
    const result = await run.result();
    expect(result.status).toBe('done');
    expect(JSON.stringify(result)).toContain(CANARY);
    const description = await run.temporal.describe();
    expect(JSON.stringify(description.memo)).toContain(CANARY);
    expect(await description.staticSummary()).toBe(`Workflow ${CANARY}`);
    expect((await run.progress()).progress?.workflow_name).toBe(`Workflow ${CANARY}`);
    expect((await rawOf(run.workflowId)).includes(CANARY)).toBe(false);
  });

  it('that fails tells why to the client, and not to the server', async () => {
    const { request } = await secretRequest(() => ({ script: { '*': { exit: 3, log: CANARY } } }));
    const run = await harness.start(request);
    const error = (await run.result().catch((thrown: unknown) => thrown)) as TaskExecutionError;
    expect(error).toBeInstanceOf(TaskExecutionError);
    expect(error.message).toContain(CANARY);
    expect(error.details.log_tail).toContain(CANARY);
    const raw = await rawOf(run.workflowId);
    expect(raw.includes(CANARY)).toBe(false);
    expect(raw.includes('Encoded failure')).toBe(true);
  });

  it('that runs shows live counts and why an attempt failed; cancelled, it stops', async () => {
    const { base, request } = await secretRequest(waiting);
    const run = await harness.start(request);
    await untilFile(join(base, 'runs'));
    await until('its heartbeat is there', async () =>
      (await run.progress()).pending.some(({ batch }) => batch?.state === 'running'),
    );
    expect((await rawOf(run.workflowId)).includes(CANARY)).toBe(false);
    await run.cancel();
    await expect(run.result()).rejects.toThrow(/was cancelled/);
    expect((await rawOf(run.workflowId)).includes(CANARY)).toBe(false);
  });

  it('that is held tells why to its operator alone: updates, their answers and refusals, tries, units given up', async () => {
    const { base, request } = await secretRequest((folder) => ({
      script: { '*': { fail_while: join(folder, 'broken'), log: CANARY } },
    }));
    await writeFile(join(base, 'broken'), '');
    const run = await harness.start({ ...request, recovery: { on_failure: 'wait' } });
    await untilStatus(run, 'held');
    expect((await rawOf(run.workflowId)).includes(CANARY)).toBe(false);
    expect(await refusal(ask(run, 'retry', { units: [7], meta: { [CANARY]: 1 } }))).toContain('7');
    const retried = await ask(run, 'retry', { units: [0], meta: { extra_lines: [`# ${CANARY}`] } });
    expect(retried).toMatchObject({ units: 1 });
    await untilStatus(run, 'held');
    const { progress } = await run.progress();
    expect(JSON.stringify(progress)).toContain(CANARY);
    const skipped = await ask(run, 'skip', { units: 'failed' });
    expect(skipped.did).toContain(CANARY);
    await expect(run.result()).rejects.toThrow(CANARY);
    const raw = await rawOf(run.workflowId);
    expect(raw.includes(CANARY)).toBe(false);
    expect(raw.includes(skipped.did)).toBe(false);
  });

  it('goes on over a rotation of the keys, without a restart', async () => {
    const { base, request } = await secretRequest(waiting);
    const run = await harness.start(request);
    await untilFile(join(base, 'runs'));
    const second = await rotateKeyFile(keyFile, new Date(Date.now() - 1_000));
    // A client that has the new key already: the workers read the file again when they meet it.
    const keys = openKeyFile(keyFile);
    expect(keys.encrypting().id).toBe(second);
    const { client, close } = await connectClient({
      connection: { address: server.address },
      namespace: 'default',
      dataConverter: encryptingConverter(keys),
    });
    await client.workflow.getHandle(run.workflowId).query('progress');
    await writeFile(join(base, 'go'), '');
    expect((await run.result()).status).toBe('done');
    const raw = await rawOf(run.workflowId);
    expect(raw.includes(firstKey)).toBe(true);
    await close();
  });

  it('shows a failed attempt of a worker without keys, which ends nothing: one with keys goes on', async () => {
    const { client, activityQueue, workflowQueue } = harness;
    const queue = `${activityQueue}-keyless`;
    const { request } = await secretRequest();
    const connection = await NativeConnection.connect({ address: server.address });
    const make = (more: object) =>
      createActivityWorker({
        ...{ connection, taskQueue: queue, ...more },
        backend: createLocalBackend({ stateDir: join(dir, 'state'), queue, maxUnits: 2 }),
      });
    const keyless = await make({});
    const ending = keyless.run();
    const run = await startProcessWorkflow(
      client,
      { ...request, activity_task_queue: queue } as unknown as ProcessWorkflowInput,
      {
        workflowId: `keyless-${randomUUID()}`,
        taskQueue: workflowQueue,
      },
    );
    await until('the attempt without keys has failed', async () =>
      (await run.progress()).pending.some(({ lastFailure }) => lastFailure?.includes('no key ring is given')),
    );
    keyless.shutdown();
    await ending;
    const worker = await make({ dataConverter: encryptingConverter(openKeyFile(keyFile)) });
    const working = worker.run();
    expect((await run.result()).status).toBe('done');
    worker.shutdown();
    await working;
    await connection.close();
  });

  it('is refused by a client without keys with words, and listed all the same', async () => {
    const { client, close } = await connectClient({
      connection: { address: server.address },
      namespace: 'default',
    });
    try {
      await until('the runs are listed', async () => (await listRuns(client, {})).length >= 4);
      const [first] = await listRuns(client, {});
      await expect(client.workflow.getHandle(first?.workflow_id ?? '').describe()).rejects.toThrow(
        /no key ring is given: --keys FILE, or FRACTAL_TEMPORAL_KEYS/,
      );
    } finally {
      await close();
    }
  });

  // Last: of all that ran above.
  it('leaves nothing of it in the files of the database', async () => {
    const bytes = await databaseBytes();
    expect(bytes.includes('processWorkflow')).toBe(true);
    expect(bytes.includes(CANARY)).toBe(false);
  });
});
