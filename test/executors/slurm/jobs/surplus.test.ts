import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Backend, Batch, Handle } from '../../../../src/batch/contract.js';
import { createSlurmBackend } from '../../../../src/executors/slurm/backend.js';
import { submissionFiles } from '../../../../src/executors/slurm/jobs/submission-files.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { configText } from '../config-text.js';
import { fakeBatch, FakeCluster, newContext, type FakeJob } from '../fake-cluster.js';

let batch: Batch;
let remove: () => Promise<void>;
let cluster: FakeCluster;
let first: FakeJob;

beforeEach(async () => {
  ({ batch, remove } = await fakeBatch());
  cluster = new FakeCluster(() => batch.jobName);
  first = cluster.addJob(batch.jobName, { state: 'PENDING' });
});
afterEach(() => remove());

/** An attempt that stood still before its sbatch, while another one submitted the first job. */
const submitLate = async (change: Partial<FakeJob>): Promise<{ backend: Backend; handle: Handle }> => {
  const config = parseSlurmConfig(
    configText({ runner_config: { poll_interval_seconds: 0.02, sbatch_timeout_seconds: 0.05 } }),
  );
  const backend = createSlurmBackend({ config, user: 'ann', commands: cluster });
  const { addJob } = cluster;
  cluster.addJob = (name) => addJob.call(cluster, name, change);
  cluster.sbatch = () => {
    writeFileSync(submissionFiles(batch).jobId, `${first.id}\n`);
    return null;
  };
  return { backend, handle: await backend.executor.submit(batch, newContext()) };
};

const states = (): string[] => cluster.jobs.map(({ state, reason }) => `${state} ${reason}`);

it('cancels its own job where another one is on record', async () => {
  const { handle } = await submitLate({ state: 'PENDING' });
  expect(handle.jobId).toBe(String(first.id));
  expect(states()).toEqual(['PENDING None', 'CANCELLED None']);
  const commands = cluster.calls.map(({ command, args }) => `${command} ${String(args[0])}`);
  expect(commands.slice(-3)).toEqual(['scontrol hold', 'scontrol show', 'scancel 2']);
});

it('leaves a job alone that has begun', async () => {
  await submitLate({ state: 'RUNNING' });
  expect(states()).toEqual(['PENDING None', 'RUNNING None']);
});

it('leaves the job alone that has the batch, also where it waits once more', async () => {
  writeFileSync(batch.paths.owner, '2\n');
  await submitLate({ state: 'PENDING' });
  expect(states()).toEqual(['PENDING None', 'PENDING None']);
});

it('does not take the end of a second job for the end of the batch', async () => {
  const { backend, handle } = await submitLate({ state: 'PENDING' });
  // The queue has forgotten the job that the batch had.
  Object.assign(first, { inQueue: false, state: 'TIMEOUT' });
  const end = await vi.waitFor(
    async () => {
      const status = await backend.executor.status(batch, handle);
      if (status.state !== 'ended') throw new Error(JSON.stringify(status));
      return status;
    },
    { timeout: 60_000, interval: 5 },
  );
  expect(end).toMatchObject({ cause: 'timeout', schedulerState: 'TIMEOUT' });
});
