/** A SLURM backend on a cluster in memory, anew for each test of the file that imports this. */
import { afterEach, beforeEach, vi } from 'vitest';
import type { Backend, Batch, BatchStatus, Handle } from '../../../src/batch/contract.js';
import { createSlurmBackend } from '../../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../../src/executors/slurm/options/config.js';
import { configText } from './config-text.js';
import { fakeBatch, FakeCluster, newContext, said } from './fake-cluster.js';

export const limit = { ...said('', 1, 'sbatch: error: QOSMaxSubmitJobPerUserLimit\n'), taken: false };

export let batch: Batch;
export let cluster: FakeCluster;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ batch, remove } = await fakeBatch());
  cluster = new FakeCluster(() => batch.jobName);
});
afterEach(() => remove());

export const changeBatch = (changes: Partial<Batch>): void => {
  batch = { ...batch, ...changes };
};

export const backendFor = (runner: Record<string, unknown> = {}, user = 'ann'): Backend =>
  createSlurmBackend({
    config: parseSlurmConfig(
      configText({ runner_config: { poll_interval_seconds: 0.02, sbatch_timeout_seconds: 0.05, ...runner } }),
    ),
    user,
    commands: cluster,
  });

export const submit = (backend = backendFor(), context = newContext()): Promise<Handle> =>
  backend.executor.submit(batch, context);

/** Asks until the answer fits. */
export const statusThat = async (
  backend: Backend,
  handle: Handle,
  fits: (status: BatchStatus) => boolean,
): Promise<BatchStatus> =>
  vi.waitFor(
    async () => {
      const status = await backend.executor.status(batch, handle);
      if (!fits(status)) throw new Error(JSON.stringify(status));
      return status;
    },
    { timeout: 60_000, interval: 5 },
  );
