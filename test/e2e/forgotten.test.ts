import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { reportRun } from '../../src/report/run-report.js';
import {
  activityQueueOfRun,
  directoryOfRun,
  RequestConflictError,
  RunCancelledError,
  type RunHandle,
  TaskExecutionError,
  WORKFLOW_TYPE,
} from '../../src/client/index.js';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/server/index.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { type Harness, startHarness } from '../support/harness.js';
import { makeRequest, type TaskSpec } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

let harness: Harness;
let sandbox: Sandbox;
const { address, binary } = inject('temporal');
beforeAll(async () => {
  harness = await startHarness({ address });
  sandbox = await createSandbox(binary);
});
afterAll(async () => {
  await harness.stop();
  await sandbox.dispose();
});

const request = async (script: TaskSpec['script']) => {
  const dir = await harness.folder();
  const task: TaskSpec = { type: 'parallel', script: script ?? {}, runs_file: join(dir, 'runs') };
  return { dir, value: makeRequest({ dir, tasks: [task], images: ['a'] }) };
};

const runsOf = async (dir: string): Promise<number> =>
  (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n').length;

/** As the server does when its retention is over. */
const forget = async (workflowId: string, runId: string, client = harness.client): Promise<void> => {
  const execution = { workflowId, runId };
  const { workflowService, options } = client;
  await workflowService.deleteWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: execution,
  });
  await until('the server has forgotten it', () =>
    client.workflow
      .getHandle(workflowId, runId)
      .describe()
      .then(
        () => false,
        () => true,
      ),
  );
};

const end = (run: RunHandle): Promise<unknown> => run.result().catch((error: unknown) => error);

describe('a run that the server has forgotten', () => {
  const ends: [string, TaskSpec['script'], new (...args: never[]) => unknown][] = [
    ['done', { '*': {} }, Object],
    ['failed', { '*': { log: 'no cells', exit: 3 } }, TaskExecutionError],
  ];
  it.each(ends)(
    '%s: the same request gives its end from its directory, and nothing runs',
    async (state, script, type) => {
      const { dir, value } = await request(script);
      const run = await harness.start(value);
      const before = await end(run);
      expect(before).toBeInstanceOf(type);
      await forget(run.workflowId, (await run.temporal.describe()).runId);

      const again = await harness.start(value, run.workflowId);
      expect(again.joined).toBe(true);
      const after = await end(again);
      expect(after).toBeInstanceOf(type);
      if (type === Object) expect(after).toEqual(before);
      else
        expect((after as TaskExecutionError).details).toMatchObject({
          ...{ exit_code: 3, log_tail: expect.stringContaining('no cells') as string },
          result: { path: join(dir, 'run', 'result.json'), images: 1, units: 1 },
        });
      await expect(harness.start({ ...value, job_id: 5 }, run.workflowId)).rejects.toThrow(
        RequestConflictError,
      );
      expect(await runsOf(dir)).toBe(1);

      const env = { TEMPORAL_ADDRESS: address };
      const status = await sandbox.run(['status', join(dir, 'run')], { env });
      expect(status.stdout).toContain('told from its directory');
      expect(status.stdout).toMatch(new RegExp(`State: +\\S ${state}`));
      const cancel = await sandbox.run(['cancel', join(dir, 'run')], { env });
      expect(cancel.stderr).toContain(`has ended already: ${state}`);
    },
  );

  it('cancelled, and no worker answers: the partial result is found in its directory', async () => {
    const { dir, value } = await request({ '*': { wait_for: '/nowhere' } });
    const run = await harness.start(value);
    await untilFile(join(dir, 'runs'));
    await run.cancel();
    await end(run);
    await forget(run.workflowId, (await run.temporal.describe()).runId);
    const again = await end(await harness.start(value, run.workflowId));
    expect(again).toBeInstanceOf(RunCancelledError);
    expect((again as RunCancelledError).result).toMatchObject({ path: join(dir, 'run', 'result.json') });
  });
});

describe('a run that had not ended when the server forgot it', () => {
  it('is cancelled with the same words before and after a start that was refused', async () => {
    const { dir, value } = await request({ '*': { wait_for: '/nowhere' } });
    const run = await harness.start(value);
    await untilFile(join(dir, 'runs'));
    await forget(run.workflowId, (await run.temporal.describe()).runId);
    const cancel = () => sandbox.run(['cancel', join(dir, 'run')], { env: { TEMPORAL_ADDRESS: address } });
    const words = [2, expect.stringContaining('It had not ended')];
    const before = await cancel();
    expect([before.code, before.stderr]).toEqual(words);
    expect(String(await end(await harness.start(value, run.workflowId)))).toContain('began after the backup');
    const after = await cancel();
    expect([after.code, after.stderr]).toEqual(words);
    expect(await runsOf(dir)).toBe(1);
  });
});

describe('a chain of continue-as-new whose first link the server has forgotten', () => {
  let server: EmbeddedServer;
  let chained: Harness;
  beforeAll(async () => {
    const dynamicConfig = { 'limit.historyCount.suggestContinueAsNew': '30' };
    server = await startEmbeddedServer({ binary, dbFile: null, logFile: null, dynamicConfig });
    chained = await startHarness({ address: server.address, unitsPerBatch: 1 });
  });
  afterAll(async () => {
    await chained.stop();
    await server.stop();
  });

  it.each([
    ['with a memo', true],
    ['started by another client, without one', false],
  ])('%s: directory, queue and request are still known', async (_what, withMemo) => {
    const dir = await chained.folder();
    const images = Array.from({ length: 10 }, (_, index) => `image${index}`);
    const value = {
      ...makeRequest({ dir, tasks: [{ type: 'parallel' }, { type: 'parallel' }], images }),
      activity_task_queue: chained.activityQueue,
    };
    const workflowId = `chain-${randomUUID()}`;
    if (withMemo) await chained.start(value, workflowId);
    else
      await chained.client.workflow.start(WORKFLOW_TYPE, {
        ...{ workflowId, taskQueue: chained.workflowQueue, args: [value] },
      });
    const run = chained.get(workflowId);
    const result = await run.result();
    const { raw, runId } = await run.temporal.describe();
    const first = raw.workflowExecutionInfo?.firstRunId ?? '';
    expect(first).not.toBe(runId);
    await forget(workflowId, first, chained.client);

    expect(await directoryOfRun(chained.client, run.temporal)).toBe(join(dir, 'run'));
    expect(await activityQueueOfRun(chained.client, run.temporal)).toBe(chained.activityQueue);
    expect(await reportRun(chained.client, workflowId, 1)).toMatchObject({ workflow_dir: join(dir, 'run') });
    const again = await chained.start(value, workflowId);
    expect(again.joined).toBe(true);
    expect(await again.result()).toEqual(result);
    await expect(chained.start({ ...value, job_id: 5 }, workflowId)).rejects.toThrow(RequestConflictError);
  });
});

describe('a run whose queue nobody serves', () => {
  it('says in the Web UI which queue it waits for', async () => {
    const { value } = await request({});
    const run = await harness.start({ ...value, backend: 'slrum' });
    const queue = `nobody-${randomUUID()}`;
    await run.temporal.terminate();
    const handle = await harness.client.workflow.start(WORKFLOW_TYPE, {
      ...{ workflowId: queue, taskQueue: harness.workflowQueue },
      args: [{ ...value, activity_task_queue: queue }],
    });
    try {
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      expect(currentDetails).toContain(`Waiting to be opened by a worker on the task queue **${queue}**`);
    } finally {
      await handle.terminate();
    }
  });
});
