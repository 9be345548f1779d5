/** What is asked of a run whose worker is away, and left before anybody answers: it is said that it may still be done, and it is. */
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { createWorkflowWorker } from '../../src/workers/index.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { startHarness, type Harness } from '../support/harness.js';
import { untilStatus } from '../support/operator.js';
import { makeRequest } from '../support/scripted-requests.js';

const { address, binary } = inject('temporal');
let sandbox: Sandbox;
let harness: Harness;
beforeEach(async () => {
  sandbox = await createSandbox(binary);
  harness = await startHarness({ address, workflows: false });
});
afterEach(async () => {
  await sandbox.dispose();
  await harness.stop();
});

it('a pause that was left with Ctrl-C is done when a worker comes', async () => {
  const dir = await harness.folder();
  const run = await harness.start(makeRequest({ dir, tasks: [{ type: 'parallel' }], images: ['a'] }));
  const asking = sandbox.start(['pause', run.workflowId, '--address', address]);
  await asking.says('Still waiting.');
  asking.child.kill('SIGINT');
  expect(await asking.ended).toBe(130);
  expect(asking.stderr()).toContain(
    `Left without an answer: it may still be done once a worker comes. Where the run stands: fractal-temporal status ${run.workflowId}`,
  );
  const { connection, workflowQueue } = harness;
  const worker = await createWorkflowWorker({ connection, taskQueue: workflowQueue });
  const running = worker.run();
  await untilStatus(run, 'paused');
  await run.resume();
  expect((await run.result()).status).toBe('done');
  worker.shutdown();
  await running;
});
