/** An activity worker that a test starts and ends itself, of a harness without one; a run that waits for one. */
import { join } from 'node:path';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { createActivityWorker } from '../../src/workers/index.js';
import type { RunHandle } from '../../src/client/index.js';
import type { Harness } from './harness.js';
import { untilStatus } from './operator.js';
import { makeRequest } from './scripted-requests.js';

/** @returns ends it as a shutdown does. */
export const startLocalActivities = async (harness: Harness, dir: string): Promise<() => Promise<void>> => {
  const { connection, activityQueue: queue } = harness;
  const backend = createLocalBackend({ stateDir: join(dir, 'state'), queue, maxUnits: 2, mem: null });
  const worker = await createActivityWorker({ connection, taskQueue: queue, backend });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
  };
};

/** A run whose two units have failed, held, and nobody there: of what is asked of it the first waits for a worker, the others for the first. */
export const heldWithoutWorker = async (harness: Harness): Promise<{ dir: string; run: RunHandle }> => {
  const dir = await harness.folder();
  const stop = await startLocalActivities(harness, dir);
  const tasks = [{ type: 'parallel' as const, script: { '*': { exit: 3 } } }];
  const extra = { recovery: { on_failure: 'wait' } };
  const run = await harness.start(makeRequest({ dir, tasks, images: ['a', 'b'], extra }));
  await untilStatus(run, 'held');
  await stop();
  return { dir, run };
};
