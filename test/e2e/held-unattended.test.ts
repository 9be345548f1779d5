/** A held run all of whose workers are away: what `status` says of it is what the run told its server last. */
import { expect, inject, it } from 'vitest';
import { formatReport } from '../../src/report/format-report.js';
import { reportRun } from '../../src/report/run-report.js';
import { createWorkflowWorker } from '../../src/workers/index.js';
import { startHarness } from '../support/harness.js';
import { untilStatus } from '../support/operator.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until } from '../support/until.js';

it('is shown as held, and that nobody answers', async () => {
  const harness = await startHarness({ address: inject('temporal').address, workflows: false });
  try {
    const { connection, workflowQueue, client } = harness;
    const worker = await createWorkflowWorker({ connection, taskQueue: workflowQueue });
    const running = worker.run();
    const tasks = [{ type: 'parallel' as const, script: { '*': { exit: 3 } } }];
    const extra = { recovery: { on_failure: 'wait' } };
    const run = await harness.start(
      makeRequest({ dir: await harness.folder(), tasks, images: ['a'], extra }),
    );
    await untilStatus(run, 'held');
    await until(
      'the server to be told',
      async () => (await reportRun(client, run.workflowId, 0)).status === 'held',
    );
    worker.shutdown();
    await running;
    const report = await reportRun(client, run.workflowId, 0);
    expect(report).toMatchObject({ state: 'running', status: 'held', progress: null });
    const text = formatReport(report, { unicode: false, color: false, width: 100 });
    expect(text).toMatch(/^State: +- held$/m);
    await run.temporal.terminate('over');
  } finally {
    await harness.stop();
  }
});
