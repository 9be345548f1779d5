/** Runs that an earlier release left in their middle go on under this one (docs/versioning.md). */
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WORKFLOW_TYPE } from '../../src/wire/names.js';
import type { RunHandle } from '../../src/client/index.js';
import { identityPath } from '../../src/state/paths.js';
import { startHarness, type Harness } from '../support/harness.js';
import { keptRuns, restoreRun } from '../support/kept-runs.js';
import { ask, untilStatus } from '../support/operator.js';
import { until } from '../support/until.js';
import type { RunResult } from '../../src/wire/result.js';

const names = await readdir(keptRuns);
const kept = (suffix: string): string[] => names.filter((name) => name.endsWith(suffix));
const releases = names.filter((name) => !name.includes('-'));
/** Of the second task; they end late, or fail at first. */
const LATE = ['image7', 'image8', 'image9'];

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

const goOn = async (args: unknown[]): Promise<RunHandle> => {
  const workflowId = `kept-${randomUUID()}`;
  await harness.client.workflow.start(WORKFLOW_TYPE, {
    ...{ workflowId, taskQueue: harness.workflowQueue },
    args: [{ activity_task_queue: harness.activityQueue }, ...args.slice(1)],
  });
  return harness.get(workflowId);
};

const urls = (dir: string): string[] =>
  Array.from({ length: 10 }, (_, index) => join(dir, 'zarr', `image${index}`));

/** How often each unit was begun, by the witness that the units themselves write. */
const begun = async (dir: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  const lines = (await readFile(join(dir, 'runs'), 'utf8')).split('\n').filter((line) => line !== '');
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
};

/** An init once; of the images each once as the compound's, the second and the third task's; some failed once before. */
const onceEach = (dir: string, failedBefore: string[] = []): Record<string, number> => ({
  '*': 1,
  ...Object.fromEntries(
    urls(dir).map((url) => [url, failedBefore.some((name) => url.endsWith(`/${name}`)) ? 4 : 3]),
  ),
});

const expectDone = (result: RunResult, dir: string): void => {
  expect(result.status).toBe('done');
  expect(result.task_runs.map(({ status, units }) => [status, units.map((unit) => unit.status)])).toEqual([
    ['done', Array.from({ length: 11 }, () => 'done')],
    ['done', Array.from({ length: 10 }, () => 'done')],
    ['done', Array.from({ length: 10 }, () => 'done')],
  ]);
  expect(result.images.map(({ zarr_url }) => zarr_url)).toEqual(urls(dir));
  for (const { attributes, types } of result.images) {
    expect(attributes['by']).toBe('task 1');
    expect(types).toEqual({ projected: true, seen: true });
  }
};

describe('a run that was left in the middle of its second task by', () => {
  it.each(releases)('%s is done, and no unit ran again', async (release) => {
    const dir = await harness.folder();
    const handle = await goOn(await restoreRun(release, dir));
    expectDone(await handle.result(), dir);
    expect(await begun(dir)).toEqual(onceEach(dir));
  });

  it.each(kept('-continued'))('%s, which goes on from an earlier run, is done', async (name) => {
    const dir = await harness.folder();
    const handle = await goOn(await restoreRun(name, dir));
    expectDone(await handle.result(), dir);
    expect(await begun(dir)).toEqual(onceEach(dir, LATE));
  });
});

describe('a run that waits for its operator, left by', () => {
  it.each(kept('-held'))('%s, is retried and done', async (name) => {
    const dir = await harness.folder();
    const handle = await goOn(await restoreRun(name, dir));
    await untilStatus(handle, 'held');
    expect(await begun(dir)).not.toEqual(onceEach(dir, LATE));
    await rm(join(dir, 'broken'));
    expect(await ask(handle, 'retry', {})).toMatchObject({ units: LATE.length });
    expectDone(await handle.result(), dir);
    expect(await begun(dir)).toEqual(onceEach(dir, LATE));
  });
});

describe('a run of a newer release', () => {
  it('is not touched, says so where an operator looks, and goes on when it can be read', async () => {
    const dir = await harness.folder();
    const args = await restoreRun('0.1', dir);
    const path = identityPath(join(dir, 'run'));
    const identity = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    await writeFile(path, JSON.stringify({ ...identity, format: 99 }));
    const handle = await goOn(args);
    let failure: string | undefined;
    await until('a failure of its activities', async () => {
      const { raw } = await handle.temporal.describe();
      const failures = (raw.pendingActivities ?? []).map(({ lastFailure }) => lastFailure?.message ?? '');
      failure = failures.find((message) => message !== '');
      return failure !== undefined;
    });
    expect(failure).toMatch(/have format 99, and this worker reads formats up to \d+.*Upgrade this worker/);
    await writeFile(path, JSON.stringify(identity));
    expect((await handle.result()).status).toBe('done');
  });
});
