/** Runs that go on from earlier ones (docs/continuing.md), on a real server and the local backend. */
import { readFile, rm, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  continuedRequest,
  InvalidRequestError,
  JobExecutionError,
  TaskExecutionError,
} from '../../src/client/index.js';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';
import { abandonedPath } from '../../src/state/paths.js';
import { startHarness, type Harness } from '../support/harness.js';
import { keptRuns, restoreRun } from '../support/kept-runs.js';
import { until } from '../support/until.js';
import { listOf, makeRequest, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';

const releases = await readdir(keptRuns);

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address, unitsPerBatch: 2 });
});
afterAll(() => harness.stop());

const statuses = ({ task_runs: runs }: RunResult): string[][] =>
  runs.map(({ units }) => units.map(({ status }) => status));

const resultIn = async (dir: string): Promise<RunResult> =>
  JSON.parse(await readFile(join(dir, 'result.json'), 'utf8')) as RunResult;

/** Urls of the units that have begun, in order of their names. */
const begun = async (file: string): Promise<string[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(line.lastIndexOf('/') + 1))
    .sort();
};

interface Try {
  tasks: TaskSpec[];
  images?: string[];
  extra?: Record<string, unknown>;
}

/** Runs in `dir/NAME`, from `dir/FROM` where that is given; what it ended with, an error or null. */
const runIn = async (
  dir: string,
  name: string,
  from: string | null,
  { tasks, images = [], extra = {} }: Try,
) => {
  const request = makeRequest({
    ...{ dir, tasks, images },
    extra: {
      workflow_dir_local: join(dir, name),
      ...(from === null ? {} : { continue_from: join(dir, from) }),
      ...extra,
    },
  });
  const handle = await harness.start(request);
  const error: unknown = await handle.result().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return {
    error,
    result: error instanceof InvalidRequestError ? null : await resultIn(join(dir, name)),
    handle,
  };
};

const done = (result: RunResult | null): RunResult => {
  if (result === null) throw new Error('there is no result');
  return result;
};

/** Every file below a folder with its size and time: what was only read stays as it was. */
const shapeOf = async (dir: string): Promise<string[]> => {
  const names = await readdir(dir, { recursive: true });
  const lines = names.map(async (name) => {
    const { size, mtimeMs, isDirectory } = await stat(join(dir, name)).then((about) => ({
      size: about.size,
      mtimeMs: about.mtimeMs,
      isDirectory: about.isDirectory(),
    }));
    return `${name} ${isDirectory ? '' : size} ${mtimeMs}`;
  });
  return (await Promise.all(lines)).sort();
};

const images = ['a', 'b', 'c', 'd', 'e'];

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

describe('what cannot be continued', () => {
  const tasks: TaskSpec[] = [{ type: 'parallel' }];
  const refusal = async (dir: string, extra: Record<string, unknown>): Promise<[string, string]> => {
    const { error } = await runIn(dir, 'new', null, { tasks, images: ['a'], extra });
    expect(error).toBeInstanceOf(InvalidRequestError);
    const [first] = (error as InvalidRequestError).errors;
    return [first?.path ?? '', first?.got ?? ''];
  };

  it('is refused with words', async () => {
    const dir = await harness.folder();
    expect(await refusal(dir, { continue_from: join(dir, 'nowhere') })).toEqual([
      '/continue_from',
      `${dir}/nowhere, which is no folder that the worker can read`,
    ]);
    expect(await refusal(dir, { continue_from: dir })).toEqual([
      '/continue_from',
      `${dir}, which is no directory of a run`,
    ]);
    expect((await refusal(dir, { continue_from: join(dir, 'new') }))[0]).toBe('/continue_from');
    await runIn(dir, 'old', null, { tasks, images: ['a'] });
    const elsewhere = { zarr_dir: join(dir, 'other'), images: [] };
    expect(await refusal(dir, { continue_from: join(dir, 'old'), dataset: elsewhere })).toEqual([
      '/dataset/zarr_dir',
      join(dir, 'other'),
    ]);
  });

  it('a run that still lives is refused until it is over', async () => {
    const dir = await harness.folder();
    const waiting: TaskSpec[] = [
      {
        type: 'parallel',
        script: { '*': { wait_for: join(dir, 'go'), exit: 1 } },
        runs_file: join(dir, 'begun'),
      },
    ];
    const handle = await harness.start(
      makeRequest({ dir, tasks: waiting, images: ['a'], extra: { workflow_dir_local: join(dir, 'old') } }),
    );
    await until('its unit to begin', async () => (await begun(join(dir, 'begun'))).length > 0);
    const [path, got] = await refusal(dir, { continue_from: join(dir, 'old') });
    expect(path).toBe('/continue_from');
    expect(got).toMatch(/is still going on: wait for its end, or cancel it/);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    // Its unit has begun and was interrupted: it runs again only where that is allowed.
    const barred = await runIn(dir, 'run.2', 'old', { tasks, images: ['a'] });
    expect(barred.error).toBeInstanceOf(JobExecutionError);
    expect((barred.error as Error).message).toMatch(
      /had begun in the earlier run and was interrupted there \(.*\/old\/0_task_0\/par-.*-log\.txt\).*rerun_interrupted/,
    );
    expect(done(barred.result).task_runs[0]?.units[0]).toMatchObject({
      status: 'failed',
      cause: 'cancelled',
    });
    const allowed = await runIn(dir, 'run.3', 'run.2', {
      tasks,
      images: ['a'],
      extra: { recovery: { rerun_interrupted: true } },
    });
    expect(allowed.error).toBeNull();
  });
});

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
    expect((none.error as Error).message).toMatch(/empty image list/);
    const wrong = await runIn(dir, 'third', null, { tasks, images, extra: filter('ok') });
    expect((wrong.error as InvalidRequestError).errors.map(({ path }) => path)).toEqual([
      `/job_attribute_filters/${STATUS}/0`,
    ]);
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

describe('a run that was killed for good, left by', () => {
  it.each(releases)('%s, is continued, and no unit runs again', async (release) => {
    const dir = await harness.folder();
    await restoreRun(release, dir);
    const earlier = join(dir, 'run');
    // Of another server, which nobody can ask any more.
    await writeFile(abandonedPath(earlier), '');
    // What made units of some of these runs fail.
    await rm(join(dir, 'broken'), { force: true });
    const before = await shapeOf(earlier);
    const handle = await harness.start(await continuedRequest(earlier));
    const result = await handle.result();
    expect(result.task_runs.map(({ status, units }) => [status, units.map(({ status }) => status)])).toEqual([
      ['done', Array.from({ length: 11 }, () => 'done')],
      ['done', Array.from({ length: 10 }, () => 'done')],
      ['done', Array.from({ length: 10 }, () => 'done')],
    ]);
    expect(await shapeOf(earlier)).toEqual(before);
    const counts: Record<string, number> = {};
    for (const name of await begun(join(dir, 'runs'))) counts[name] = (counts[name] ?? 0) + 1;
    // Units of the last three images have failed in those, and they alone run once more.
    const failed = /-(held|continued)$/.test(release) ? 1 : 0;
    const each = Array.from(
      { length: 10 },
      (_, index) => [`image${index}`, index < 7 ? 3 : 3 + failed] as const,
    );
    expect(counts).toEqual({ '*': 1, ...Object.fromEntries(each) });
  });
});
