/** Runs that wait for their operator, on a real server: held, told, retried. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defineSearchAttributeKey } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TaskExecutionError } from '../../src/client/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { wrongEvents } from '../support/events.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { listOf, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { beginWaiting, broken } from '../support/waiting-runs.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

const beginnings = async (dir: string): Promise<string[]> =>
  (await readFile(join(dir, 'runs'), 'utf8')).split('\n').filter(Boolean);

/** What a result says, wherever its folder was. */
const elsewhere = (value: unknown, dir: string): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(dir, '')) as unknown;

describe('a held run', () => {
  /** Each image becomes a new one; that of b fails as long as the file is there. */
  const copies = (dir: string): TaskSpec[] => [
    {
      type: 'parallel',
      runs_file: join(dir, 'runs'),
      script: Object.fromEntries(
        ['a', 'b', 'c'].map((name) => [
          zarrUrl(dir, name),
          {
            ...(name === 'b' ? { fail_while: broken(dir) } : {}),
            write: {
              image_list_updates: [update(zarrUrl(dir, `${name}2`), { origin: zarrUrl(dir, name) })],
            },
          },
        ]),
      ),
      output_types: { made: true },
    },
    { type: 'parallel', output_types: { seen: true } },
  ];

  it('is retried by another worker, and its list is that of a run that never failed', async () => {
    const { dir, run } = await beginWaiting(harness, copies, ['a', 'b', 'c']);
    await untilStatus(run, 'held');
    const held = await run.progress();
    expect(held.progress).toMatchObject({
      held: {
        ...{ order: 0, open: 1, done: 2, total: 3, given_up: 0 },
        units: [{ index: 1, zarr_url: zarrUrl(dir, 'b'), cause: 'exit' }],
      },
      tasks: [{ status: 'held', units_done: 2, units_failed: 1, units_total: 3 }, { status: 'waiting' }],
    });
    expect(held.pending).toEqual([]);
    await harness.replaceWorker();
    await rm(broken(dir));
    const answer = await ask(run, 'retry', { units: 'failed', meta: { mem: '8G' } });
    expect(answer).toEqual({ did: 'Task 0 Task 0: 1 unit again with mem 8G', units: 1 });
    const result = await run.result();
    const whole = await beginWaiting(harness, copies, ['a', 'b', 'c'], []);
    const expected = await whole.run.result();
    expect(elsewhere(result.images, dir)).toEqual(elsewhere(expected.images, whole.dir));
    expect(result.type_filters).toEqual(expected.type_filters);
    expect(result).toMatchObject({ status: 'done', error: null });
    expect(result.task_runs[0]).toMatchObject({ status: 'done', num_new_images: 3, num_tasks: 3 });
    const began = await beginnings(dir);
    expect(began.filter((url) => url.endsWith('/b'))).toHaveLength(2);
    expect(began).toHaveLength(4);
    // Its old log has another name.
    await readFile(join(dir, 'run', '0_task_0', 'par-000000-0000001-log.1.txt'), 'utf8');
  });

  it('may be held again, also by a retry of some of its units', async () => {
    const { dir, run } = await beginWaiting(
      harness,
      (folder) => [
        {
          type: 'parallel',
          runs_file: join(folder, 'runs'),
          script: { [zarrUrl(folder, 'a')]: {}, '*': { fail_while: broken(folder) } },
        },
      ],
      ['a', 'b', 'c'],
    );
    await untilStatus(run, 'held');
    await ask(run, 'retry', { units: [2] });
    await untilStatus(run, 'held');
    expect((await run.progress()).progress?.held).toMatchObject({ open: 2, done: 1 });
    await rm(broken(dir));
    await ask(run, 'retry', { units: [2] });
    await untilStatus(run, 'held');
    expect((await run.progress()).progress?.held).toMatchObject({ open: 1, done: 2, units: [{ index: 1 }] });
    await ask(run, 'retry', { units: 'failed' });
    expect((await run.result()).task_runs[0]?.units.map(({ status }) => status)).toEqual(
      Array(3).fill('done'),
    );
    expect(await beginnings(dir)).toHaveLength(6);
    const folder = join(dir, 'run', '0_task_0');
    for (const number of [1, 2]) await readFile(join(folder, `par-000000-0000002-log.${number}.txt`), 'utf8');
  });

  it('names the units for which a retry is refused, and no more of them than a line holds', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `w${String(index).padStart(2, '0')}`);
    const bad = names.filter((_, index) => index % 2 === 1);
    const { run } = await beginWaiting(
      harness,
      (folder) => [
        {
          type: 'parallel',
          script: Object.fromEntries(bad.map((name) => [zarrUrl(folder, name), { exit: 3 }])),
        },
      ],
      names,
    );
    await untilStatus(run, 'held');
    const succeeded = names.map((_, index) => index).filter((index) => index % 2 === 0);
    const words = await refusal(ask(run, 'retry', { units: succeeded }));
    expect(words).toMatch(/0, 2, 4, 6, 8, 10, 12, 14 and 2 more/);
    await ask(run, 'stop', {});
    await expect(run.result()).rejects.toThrow(TaskExecutionError);
  });

  it('runs the compute units of a compound alone, and its init only where that has failed itself', async () => {
    const { dir, run } = await beginWaiting(
      harness,
      (folder) => [
        {
          type: 'compound',
          runs_file: join(folder, 'runs'),
          script: {
            '*': {
              fail_while: broken(folder, 'init'),
              write: listOf({ zarr_url: zarrUrl(folder, 'a') }, { zarr_url: zarrUrl(folder, 'b') }),
            },
          },
          compute: { [zarrUrl(folder, 'b')]: { fail_while: broken(folder, 'compute') } },
          output_types: { projected: true },
        },
      ],
      ['a', 'b'],
      ['init', 'compute'],
    );
    await untilStatus(run, 'held');
    expect((await run.progress()).progress?.held).toMatchObject({
      ...{ open: 1, total: 1 },
      units: [{ component: 'init', index: 0 }],
    });
    await rm(broken(dir, 'init'));
    await ask(run, 'retry', { units: 'failed' });
    await untilStatus(run, 'held');
    expect((await run.progress()).progress).toMatchObject({
      held: { open: 1, done: 1, total: 2, units: [{ component: 'compute', index: 1 }] },
      // With the init.
      tasks: [{ status: 'held', units_done: 2, units_failed: 1, units_total: 3 }],
    });
    await rm(broken(dir, 'compute'));
    await ask(run, 'retry', {});
    const result = await run.result();
    expect(wrongEvents(join(dir, 'run'), result)).toBe(null);
    expect(await beginnings(dir)).toHaveLength(5);
    expect(result.task_runs[0]).toMatchObject({ status: 'done', num_tasks: 3 });
    // As of a compound that never failed: none of its units said anything, so that all of its images are reached.
    expect(result.images.map(({ types }) => types)).toEqual([{ projected: true }, { projected: true }]);
    expect(result.type_filters).toEqual({ projected: true });
  });

  it('is told in the details and by the list, with the commands that go on', async () => {
    const { run } = await beginWaiting(
      harness,
      (folder) => [{ type: 'parallel', script: { [zarrUrl(folder, 'b')]: { exit: 3 } } }],
      ['a', 'b'],
    );
    await untilStatus(run, 'held');
    const metadata = await run.temporal.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(JSON.stringify(metadata)).toContain(`fractal-temporal retry ${run.workflowId}`);
    const status = defineSearchAttributeKey('FractalStatus', 'KEYWORD');
    const told = async () => (await run.temporal.describe()).typedSearchAttributes.get(status);
    expect(await told()).toBe('held');
    await ask(run, 'stop');
    await run.result().catch(() => undefined);
    expect(await told()).toBe('failed');
  });
});
