import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { reportRun } from '../../src/cli/run-report.js';
import {
  activityQueueOfRun,
  directoryOfRun,
  RequestConflictError,
  RunCancelledError,
  type RunHandle,
  TaskExecutionError,
  WORKFLOW_TYPE,
} from '../../src/client/index.js';
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
const forget = async (workflowId: string, runId: string): Promise<void> => {
  const execution = { workflowId, runId };
  const { workflowService, options } = harness.client;
  await workflowService.deleteWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: execution,
  });
  await until('the server has forgotten it', () =>
    harness.client.workflow
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
      expect(status.stdout).toMatch(new RegExp(`State: +${state}`));
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

describe('a chain of continue-as-new whose first link the server has forgotten', () => {
  /** Started as other clients do, without a memo, so that only what the chain carries is left. */
  const chain = async () => {
    const gate = join(await harness.folder(), 'gate');
    const { dir, value } = await request({ '*': { wait_for: gate } });
    const workflowId = `chain-${randomUUID()}`;
    const opened = {
      run: {
        dir: join(dir, 'run'),
        uuid: 'u',
        request: { path: '/r', sha256: 's' },
        workflow_id: workflowId,
      },
    };
    const taskQueue = `none-${randomUUID()}`;
    const handle = await harness.client.workflow.start(WORKFLOW_TYPE, {
      ...{ workflowId, taskQueue },
      args: [{ activity_task_queue: 'the-queue' }, { uuid: 'u', state: { opened } }],
    });
    return { dir, value, handle, taskQueue };
  };

  it('its directory and its queue are told from what the last link carries', async () => {
    const { dir, handle, taskQueue } = await chain();
    try {
      expect(await directoryOfRun(harness.client, handle)).toBe(join(dir, 'run'));
      expect(await activityQueueOfRun(harness.client, handle)).toBe('the-queue');
      const report = await reportRun(harness.client, handle.workflowId, 1);
      expect(report.workflow_dir).toBe(join(dir, 'run'));
      expect(report.no_worker.join()).toContain(taskQueue);
      expect(report.no_worker.join()).toContain('the-queue');
    } finally {
      await handle.terminate();
    }
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
