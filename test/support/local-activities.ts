/** An activity worker that a test starts and ends itself, of a harness without one. */
import { join } from 'node:path';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { createActivityWorker } from '../../src/workers/index.js';
import type { Harness } from './harness.js';

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
