import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchBatch, type BatchWatch } from '../../../src/activities/batch/batch-watch.js';
import type { Batch, BatchStatus } from '../../../src/batch/contract.js';
import type { RunnerMetrics } from '../../../src/monitor/runner-metrics.js';
import { until } from '../../support/until.js';

let dir: string;
let batch: Batch;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-watch-'));
  batch = {
    key: 'k',
    unitCount: 1,
    paths: { intent: join(dir, 'intent'), owner: join(dir, 'owner') },
  } as Batch;
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A file that was written so many seconds ago. */
const leave = async (path: string, secondsAgo: number): Promise<void> => {
  await writeFile(path, '');
  const at = Date.now() / 1000 - secondsAgo;
  await utimes(path, at, at);
};

const watching = async (work: (watch: BatchWatch) => Promise<void> | void, details?: unknown) => {
  const seen = { waits: [] as number[], adopted: 0 };
  const metrics = {
    adopted: () => seen.adopted++,
    queueWait: (seconds: number) => seen.waits.push(seconds),
  } as unknown as RunnerMetrics;
  const environment = new MockActivityEnvironment({ heartbeatDetails: details });
  await environment.run(async () => work(watchBatch(metrics)));
  return seen;
};

const running: BatchStatus = { state: 'running', node: null };
const waiting: BatchStatus = { state: 'pending', reason: 'other runs use the slots' };
const handle = { jobId: '1', facts: {} };

it('the wait goes from the intent to the owner file, once', async () => {
  await leave(batch.paths.intent, 100);
  await leave(batch.paths.owner, 40);
  const { waits } = await watching((watch) => {
    watch.seen(batch, running, null);
    watch.seen(batch, running, null);
    watch.seen(batch, null, null);
  });
  await until('it to be told', () => waits.length > 0);
  expect(waits).toHaveLength(1);
  expect(waits[0]).toBeCloseTo(60, 1);
});

it('a batch that was seen waiting after its script began has begun later', async () => {
  await leave(batch.paths.intent, 100);
  await leave(batch.paths.owner, 99);
  const { waits } = await watching((watch) => {
    watch.seen(batch, waiting, null);
    watch.seen(batch, running, null);
  });
  await until('it to be told', () => waits.length > 0);
  expect(waits[0]).toBeGreaterThanOrEqual(100);
});

it('what an earlier attempt has seen running is not told again', async () => {
  await leave(batch.paths.intent, 100);
  await leave(batch.paths.owner, 40);
  const told = await watching((watch) => watch.seen(batch, running, null), { state: 'running' });
  const untold = await watching((watch) => watch.seen(batch, running, null), { state: 'pending' });
  await until('the other to be told', () => untold.waits.length > 0);
  expect(told.waits).toEqual([]);
});

it('knows an adoption from a submission, also when storage makes it try twice', async () => {
  const first = await watching(async (watch) => {
    const submit = async () => {
      await leave(batch.paths.intent, 0);
      return handle;
    };
    await watch.submitting(batch, submit);
    await watch.submitting(batch, submit);
  });
  expect(first.adopted).toBe(0);
  const second = await watching(async (watch) => {
    await watch.submitting(batch, () => Promise.resolve(handle));
  });
  expect(second.adopted).toBe(1);
});
