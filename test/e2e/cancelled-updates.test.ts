/** Updates that are under way, or wait for their turn, when their run is cancelled. */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { RunCancelledError } from '../../src/client/index.js';
import type { RunResult } from '../../src/wire/result.js';
import { startHarness, type Harness } from '../support/harness.js';
import { heldWithoutWorker, startLocalActivities } from '../support/without-worker.js';
import { refusal } from '../support/operator.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address, activities: false });
});
afterAll(() => harness.stop());

it('are refused in words, and have changed nothing', async () => {
  const { dir, run } = await heldWithoutWorker(harness);
  const asked: Promise<string>[] = [];
  const updates = { retry: { units: [0] }, skip: { units: [0] }, stop: {} };
  for (const [name, argument] of Object.entries(updates)) {
    const taken = await run.temporal.startUpdate(name, { args: [argument], waitForStage: 'ACCEPTED' });
    asked.push(refusal(taken.result()));
  }
  await run.cancel();
  const startAgain = await startLocalActivities(harness, dir);
  await expect(run.result()).rejects.toThrow(RunCancelledError);
  expect(await Promise.all(asked)).toEqual(
    Object.keys(updates).map(
      (name) => `UpdateRefused: ${name} refused: the run is being cancelled; nothing was changed`,
    ),
  );
  const result = JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as RunResult;
  expect(result.status).toBe('cancelled');
  expect(result.task_runs[0]?.units.map(({ status, tries }) => [status, tries?.length ?? 0])).toEqual([
    ['failed', 1],
    ['failed', 1],
  ]);
  await startAgain();
});
