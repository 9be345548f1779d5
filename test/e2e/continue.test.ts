/** Runs that go on from earlier ones (docs/continuing.md), on a real server and the local backend. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError, TaskExecutionError } from '../../src/client/index.js';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';
import { harness, statuses, begun, runIn, done, shapeOf, images } from '../support/continued-runs.js';
import { until } from '../support/until.js';
import { listOf, makeRequest, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';

describe('a run whose second task failed for some images', () => {
  const tasksOf = (dir: string, bad: string[]): TaskSpec[] => [
    { type: 'parallel', name: 'First', runs_file: join(dir, 'first'), output_types: { first: true } },
    {
      type: 'parallel',
      name: 'Second',
      runs_file: join(dir, 'second'),
      input_types: { first: true },
      output_types: { second: true },
      script: {
        ...Object.fromEntries(bad.map((name) => [zarrUrl(dir, name), { exit: 3 }])),
        [zarrUrl(dir, 'c')]: {
          write: {
            image_list_updates: [
              update(zarrUrl(dir, 'new-c'), { origin: zarrUrl(dir, 'c') }),
              update(zarrUrl(dir, 'c')),
            ],
          },
        },
      },
    },
    { type: 'non_parallel', name: 'Third', runs_file: join(dir, 'third') },
  ];

  it('is continued: only what is not done runs, and it ends as one that never failed', async () => {
    const dir = await harness.folder();
    const failed = await runIn(dir, 'run', null, { tasks: tasksOf(dir, ['b', 'd']), images });
    expect(failed.error).toBeInstanceOf(TaskExecutionError);
    const before = await shapeOf(join(dir, 'run'));
    const { error, result } = await runIn(dir, 'run.2', 'run', { tasks: tasksOf(dir, []), images });
    expect(error).toBeNull();
    expect(await shapeOf(join(dir, 'run'))).toEqual(before);
    expect(await begun(join(dir, 'first'))).toEqual(images);
    expect(await begun(join(dir, 'second'))).toEqual(['a', 'b', 'b', 'c', 'd', 'd', 'e']);
    expect(await begun(join(dir, 'third'))).toEqual(['*']);

    const never = await harness.folder();
    const whole = await runIn(never, 'run', null, { tasks: tasksOf(never, []), images });
    const asThere = (run: RunResult | null): unknown =>
      JSON.parse(JSON.stringify(done(run).images).replaceAll(never, dir));
    expect(done(result).images).toEqual(asThere(whole.result));
    expect(done(result).type_filters).toEqual(done(whole.result).type_filters);
    expect(statuses(done(result))).toEqual(statuses(done(whole.result)));
    const counts = ({ task_runs }: RunResult): unknown =>
      task_runs.map(({ num_tasks, num_available_images, num_new_images }) => [
        num_tasks,
        num_available_images,
        num_new_images,
      ]);
    expect(counts(done(result))).toEqual(counts(done(whole.result)));

    // Records of what is taken over are those of the earlier run, and lie in the new directory.
    const [first, second] = done(result).task_runs;
    expect(first?.units).toEqual(done(failed.result).task_runs[0]?.units);
    const logs = second?.units.map(({ log_file }) => log_file.startsWith(join(dir, 'run.2/')));
    expect(logs).toEqual([false, true, false, true, false]);
    expect(second?.units[0]).toEqual(done(failed.result).task_runs[1]?.units[0]);
    // What the earlier run has left is no try of this one.
    const { log_file = '', tries } = second?.units[1] ?? {};
    expect(tries).toMatchObject([{ n: 2, cause: null, exit_code: 0, log_file }]);
    const written = await readFile(join(dir, 'run.2', '0_first', 'units.jsonl'), 'utf8');
    expect(
      written
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as UnitRecord),
    ).toEqual(first?.units);
  });

  it('is continued by a run that fails again, which is continued without the first one being there', async () => {
    const dir = await harness.folder();
    await runIn(dir, 'run', null, { tasks: tasksOf(dir, ['b', 'd']), images });
    const again = await runIn(dir, 'run.2', 'run', { tasks: tasksOf(dir, ['d']), images });
    expect(again.error).toBeInstanceOf(TaskExecutionError);
    expect(statuses(done(again.result))[1]).toEqual(['done', 'done', 'done', 'failed', 'done']);
    await rm(join(dir, 'run'), { recursive: true });
    const last = await runIn(dir, 'run.3', 'run.2', { tasks: tasksOf(dir, []), images: [] });
    expect(last.error).toBeNull();
    expect(statuses(done(last.result))).toEqual([
      images.map(() => 'done'),
      images.map(() => 'done'),
      ['done'],
    ]);
    expect(await begun(join(dir, 'second'))).toEqual(['a', 'b', 'b', 'c', 'd', 'd', 'd', 'e']);
    expect(done(last.result).images.map(({ zarr_url: url }) => url)).toEqual(
      [...images, 'new-c'].map((name) => zarrUrl(dir, name)),
    );
  });

  it('is refused where the part that is done differs, by task and field, and nothing is claimed', async () => {
    const dir = await harness.folder();
    await runIn(dir, 'run', null, { tasks: tasksOf(dir, ['b']), images });
    const [first, ...rest] = tasksOf(dir, []);
    const changed = [
      { ...first, type: 'parallel', meta: { mem: '2G' }, output_types: { other: true } } as TaskSpec,
      ...rest,
    ];
    const { error } = await runIn(dir, 'run.2', 'run', { tasks: changed, images });
    expect(error).toBeInstanceOf(InvalidRequestError);
    const { errors } = error as InvalidRequestError;
    expect(errors.map(({ path }) => path)).toEqual([
      '/workflow/task_list/0/meta_parallel',
      '/workflow/task_list/0/task/output_types',
    ]);
    expect(errors[1]?.expected).toMatch(
      /\{"first":true\}, as in task 0 "First" that the earlier run has done/,
    );
    const mended = await runIn(dir, 'run.2', 'run', { tasks: tasksOf(dir, []), images });
    expect(mended.error).toBeNull();
  });
});

describe('a compound whose compute units failed', () => {
  const tasksOf = (dir: string, exit: number): TaskSpec[] => [
    {
      type: 'compound',
      runs_file: join(dir, 'begun'),
      script: {
        '*': {
          write: listOf(...images.map((name, k) => ({ zarr_url: zarrUrl(dir, name), init_args: { k } }))),
        },
      },
      compute: { [zarrUrl(dir, 'b')]: { exit } },
      output_types: { seen: true },
    },
  ];

  it('runs those alone, not its init', async () => {
    const dir = await harness.folder();
    await runIn(dir, 'run', null, { tasks: tasksOf(dir, 2), images });
    const { error, result } = await runIn(dir, 'run.2', 'run', { tasks: tasksOf(dir, 0), images });
    expect(error).toBeNull();
    expect(await begun(join(dir, 'begun'))).toEqual(['*', 'a', 'b', 'b', 'c', 'd', 'e']);
    expect(statuses(done(result))).toEqual([Array.from({ length: 6 }, () => 'done')]);
    expect(done(result).images.map(({ types }) => types)).toEqual(images.map(() => ({ seen: true })));
  });
});

describe('a run that went on without some images', () => {
  it('takes them through the rest, and nothing else runs again', async () => {
    const dir = await harness.folder();
    const url = (name: string): string => zarrUrl(dir, name);
    const tasksOf = (exit: number): TaskSpec[] => [
      {
        ...{ type: 'parallel', runs_file: join(dir, 'first'), output_types: { ok: true } },
        script: { [url('b')]: { exit } },
      },
      {
        ...{ type: 'parallel', runs_file: join(dir, 'second'), input_types: { ok: true } },
        script: Object.fromEntries(
          images.map((name) => [
            url(name),
            {
              write: {
                image_list_updates: [
                  update(url(`${name}-mip`), { origin: url(name), attributes: { from: name } }),
                ],
              },
            },
          ]),
        ),
      },
      { type: 'non_parallel', runs_file: join(dir, 'third'), input_types: { ok: true } },
    ];
    const request = makeRequest({
      ...{ dir, tasks: tasksOf(4), images },
      extra: { recovery: { on_failure: 'wait' } },
    });
    const handle = await harness.start(request);
    await until('the run to be held', async () => (await handle.progress()).progress?.status === 'held');
    await handle.skip({ units: 'failed' });
    await handle.result().catch(() => undefined);
    expect(await begun(join(dir, 'second'))).toEqual(['a', 'c', 'd', 'e']);
    const { error, result } = await runIn(dir, 'run.2', 'run', { tasks: tasksOf(0), images });
    expect(error).toBeNull();
    expect(await begun(join(dir, 'first'))).toEqual(['a', 'b', 'b', 'c', 'd', 'e']);
    expect(await begun(join(dir, 'second'))).toEqual(images);
    expect(await begun(join(dir, 'third'))).toEqual(['*', '*']);
    const { images: list, task_runs: runs } = done(result);
    expect(list.map(({ zarr_url }) => zarr_url)).toEqual(
      [...images, ...images.map((name) => `${name}-mip`)].map(url),
    );
    expect(runs[1]?.units.map(({ zarr_url }) => zarr_url)).toEqual(images.map(url));
    const args = join(dir, 'run.2', '2_task_2', 'non_par--args.json');
    expect(JSON.parse(await readFile(args, 'utf8'))).toMatchObject({ zarr_urls: [url('b'), url('b-mip')] });
  });
});
