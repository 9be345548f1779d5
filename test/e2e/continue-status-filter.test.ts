/** Runs that go on with the images of one status (docs/continuing.md), on a real server. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InvalidRequestError } from '../../src/client/index.js';
import { harness, statuses, begun, runIn, done, images } from '../support/continued-runs.js';
import { zarrUrl, type TaskSpec } from '../support/scripted-requests.js';

const STATUS = '__wftask_dataset_image_status__';

describe('the filter by the status of images', () => {
  const tasksOf = (dir: string, bad: string[]): TaskSpec[] => [
    {
      type: 'parallel',
      runs_file: join(dir, 'first'),
      output_types: { seen: true },
      script: Object.fromEntries(bad.map((name) => [zarrUrl(dir, name), { exit: 3 }])),
    },
    { type: 'parallel', runs_file: join(dir, 'second') },
  ];

  it('takes only those that failed through the rest', async () => {
    const dir = await harness.folder();
    await runIn(dir, 'run', null, { tasks: tasksOf(dir, ['b', 'd']), images });
    const extra = { job_attribute_filters: { [STATUS]: ['failed'] } };
    const { error, result } = await runIn(dir, 'run.2', 'run', { tasks: tasksOf(dir, []), images, extra });
    expect(error).toBeNull();
    expect(await begun(join(dir, 'first'))).toEqual(['a', 'b', 'b', 'c', 'd', 'd', 'e']);
    expect(await begun(join(dir, 'second'))).toEqual(['b', 'd']);
    expect(done(result).images).toEqual(
      images.map((name) => ({
        ...{ zarr_url: zarrUrl(dir, name), origin: null },
        ...{ attributes: { name }, types: { seen: true } },
      })),
    );
  });

  it('gives a task that runs once the images that it was given when it failed', async () => {
    const dir = await harness.folder();
    const once = (exit: number): TaskSpec[] => [
      { type: 'non_parallel', script: exit === 0 ? {} : { '*': { exit } }, output_types: { seen: true } },
    ];
    await runIn(dir, 'run', null, { tasks: once(3), images });
    const extra = { job_attribute_filters: { [STATUS]: ['failed'] } };
    const { error, result } = await runIn(dir, 'run.2', 'run', { tasks: once(0), images, extra });
    expect(error).toBeNull();
    expect(done(result).task_runs[0]?.num_available_images).toBe(images.length);
  });

  it('finds all unset where no run is continued, and refuses other words', async () => {
    const dir = await harness.folder();
    const tasks = tasksOf(dir, []);
    const filter = (...values: string[]) => ({ job_attribute_filters: { [STATUS]: values } });
    const all = await runIn(dir, 'run', null, { tasks, images, extra: filter('failed', 'unset') });
    expect(statuses(done(all.result))).toEqual([images.map(() => 'done'), images.map(() => 'done')]);
    expect(done(all.result).images.map(({ attributes }) => attributes)).toEqual(
      images.map((name) => ({ name })),
    );
    const none = await runIn(dir, 'other', null, { tasks, images, extra: filter('done') });
    expect((none.error as Error).message).toMatch(
      /empty image list.*image_status__ in \["done"\] takes the last one away/,
    );
    const wrong = await runIn(dir, 'third', null, { tasks, images, extra: filter('ok') });
    expect((wrong.error as InvalidRequestError).errors.map(({ path }) => path)).toEqual([
      `/job_attribute_filters/${STATUS}/0`,
    ]);
  });
});
