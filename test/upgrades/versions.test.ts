/** Two versions of the workflow worker at once: a run ends on the one that it was started on (docs/versioning.md). */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import { createWorkflowWorker } from '../../src/workers/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

const deploymentName = `fractal-${randomUUID()}`;

let harness: Harness;
let stopVersions: () => Promise<void>;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address, workflows: false });
  const { connection, workflowQueue: taskQueue } = harness;
  const workers = await Promise.all(
    ['old', 'new'].map((buildId) =>
      createWorkflowWorker({ connection, taskQueue, deployment: { deploymentName, buildId } }),
    ),
  );
  const running = workers.map((worker) => worker.run());
  stopVersions = async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  };
});
afterAll(async () => {
  await stopVersions();
  await harness.stop();
});

/** As `temporal worker deployment set-current-version` does; the server knows a version once its worker has polled. */
const makeCurrent = (buildId: string): Promise<void> =>
  until(`version ${buildId} to be current`, async () => {
    const { connection } = harness.client;
    try {
      await connection.workflowService.setWorkerDeploymentCurrentVersion({
        ...{ namespace: 'default', deploymentName, buildId },
        identity: 'test',
      });
      return true;
    } catch (error) {
      if (/NOT_FOUND|FAILED_PRECONDITION/.test(String(error))) return false;
      throw error;
    }
  });

const versionsOf = async (handle: RunHandle): Promise<string[]> => {
  const { events } = await handle.temporal.fetchHistory();
  const ids = (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: completed }) => completed?.deploymentVersion?.buildId ?? [],
  );
  return [...new Set(ids)];
};

it('a run that was started on the old one ends there, a later one begins on the new one', async () => {
  const dir = await harness.folder();
  const [runs, go] = [join(dir, 'runs'), join(dir, 'go')];
  const tasks = [
    { type: 'parallel' as const, runs_file: runs, script: { '*': { wait_for: go } } },
    { type: 'parallel' as const },
  ];
  await makeCurrent('old');
  const early = await harness.start(makeRequest({ dir, tasks, images: ['a'] }));
  await untilFile(runs);
  await makeCurrent('new');
  const other = await harness.folder();
  const late = await harness.start(makeRequest({ dir: other, tasks: [{ type: 'parallel' }], images: ['a'] }));
  expect((await late.result()).status).toBe('done');
  await writeFile(go, '');
  expect((await early.result()).status).toBe('done');
  expect(await versionsOf(early)).toEqual(['old']);
  expect(await versionsOf(late)).toEqual(['new']);
});
