/** Runs whose evidence is hard to come by: files gone or damaged, storage away, slots taken, a plan that never came. */
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  InvalidRequestError,
  JobExecutionError,
  RunCancelledError,
  type RunHandle,
} from '../../src/client/index.js';
import { LayoutError } from '../../src/batch/errors.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import type { RunResult } from '../../src/wire/result.js';
import { startHarness, type Harness, type HarnessOptions } from '../support/harness.js';
import { listOf, makeRequest, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

const withHarness = (options: Omit<HarnessOptions, 'address'>): (() => Harness) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ address: inject('temporal').address, ...options });
  });
  afterAll(() => harness.stop());
  return () => harness;
};

const start = async (
  harness: Harness,
  tasks: (dir: string) => TaskSpec[],
  images: string[],
  extra: Record<string, unknown> = {},
): Promise<{ dir: string; handle: RunHandle }> => {
  const dir = await harness.folder();
  return { dir, handle: await harness.start(makeRequest({ dir, tasks: tasks(dir), images, extra })) };
};

const readResult = async (dir: string): Promise<RunResult> =>
  JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as RunResult;

const thrownBy = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it was done'),
    (error: unknown) => error as Error,
  );

/** Units of these images wait for the file `go`; all others run through. */
const waiting = (dir: string, ...images: string[]): TaskSpec => ({
  type: 'parallel',
  output_types: { done: true },
  runs_file: join(dir, 'runs'),
  script: Object.fromEntries(images.map((name) => [zarrUrl(dir, name), { wait_for: join(dir, 'go') }])),
});

const begun = async (dir: string): Promise<string[]> =>
  (await readFile(join(dir, 'runs'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

const untilBegun = (dir: string, image: string): Promise<void> =>
  until(image, async () => (await begun(dir)).includes(zarrUrl(dir, image)));

/** Processes that were started with this text among their arguments. */
const processesWith = async (text: string): Promise<number[]> => {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(Number(entry));
  }
  return found;
};

describe('a compound whose compute part cannot be laid out', () => {
  const harness = withHarness({
    backend: (stateDir, queue) => {
      const backend = createLocalBackend({ stateDir, queue, maxUnits: 2 });
      return {
        ...backend,
        layout: (input) => {
          if (input.units > 2) throw new LayoutError('at most two units');
          return backend.layout(input);
        },
      };
    },
  });

  it('leaves the image list and the type filters as they were', async () => {
    const { dir, handle } = await start(
      harness(),
      (folder) => [
        {
          type: 'compound',
          output_types: { x: true },
          script: {
            '*': { write: listOf(...['a', 'b', 'c'].map((name) => ({ zarr_url: zarrUrl(folder, name) }))) },
          },
        },
      ],
      ['a', 'b', 'c'],
    );
    expect(await thrownBy(handle.result())).toBeInstanceOf(JobExecutionError);
    const result = await readResult(dir);
    expect(result.images.map(({ types }) => types)).toEqual([{}, {}, {}]);
    expect(result.type_filters).toEqual({});
    expect(result.task_runs[0]?.units.map(({ component, status }) => [component, status])).toEqual([
      ['init', 'failed'],
    ]);
  });
});

describe('with the patience of a worker', () => {
  const harness = withHarness({ maxUnits: 1 });

  it('storage that fails between a batch’s end and its evidence changes no verdict', async () => {
    const { dir, handle } = await start(harness(), (folder) => [waiting(folder, 'b')], ['a', 'b', 'c'], {
      recovery: { rerun_interrupted: true },
    });
    await untilBegun(dir, 'b');
    const evidence = join(dir, 'run', '.runner', 'evidence');
    await writeFile(evidence, 'in the way');
    for (const pid of await processesWith(dir)) process.kill(pid, 'SIGKILL');
    const batches = join(dir, 'run', '.runner', 'batches');
    await until('the tombstone', async () =>
      (await readdir(batches, { recursive: true })).some((name) => name.endsWith('tombstone')),
    );
    await harness().replaceWorker();
    await writeFile(join(dir, 'go'), '');
    await rm(evidence);
    const result = await handle.result();
    expect(result.task_runs[0]?.units.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    const runs = await begun(dir);
    expect(['a', 'b', 'c'].map((name) => runs.filter((url) => url === zarrUrl(dir, name)).length)).toEqual([
      1, 2, 1,
    ]);
  });
});

describe('one unit at a time', () => {
  const harness = withHarness({ maxUnits: 1, worker: { permanentPatienceMs: 1_500 } });

  it('a task’s folder that is removed when it is over is missed by nobody', async () => {
    const { dir, handle } = await start(harness(), (folder) => [{ type: 'parallel' }, waiting(folder, 'a')], [
      'a',
    ]);
    await untilBegun(dir, 'a');
    await rm(join(dir, 'run', '0_task_0'), { recursive: true });
    await writeFile(join(dir, 'go'), '');
    const result = await handle.result();
    expect(result.task_runs.map(({ units }) => units.map(({ status }) => status))).toEqual([
      ['done'],
      ['done'],
    ]);
  });

  it('the records of an ended task that somebody removes are left out of the result, which says so', async () => {
    const { dir, handle } = await start(harness(), (folder) => [{ type: 'parallel' }, waiting(folder, 'a')], [
      'a',
    ]);
    await untilFile(join(dir, 'runs'));
    await rm(join(dir, 'run', '.runner', 'records', '000000.json'));
    await writeFile(join(dir, 'go'), '');
    const { status, task_runs: tasks } = await handle.result();
    expect({ status, tasks: tasks.map((task) => task.workflow_task_order) }).toEqual({
      status: 'done',
      tasks: [1],
    });
    const log = await readFile(join(dir, 'run', 'workflow.log'), 'utf8');
    expect(log).toMatch(/ERROR close: a task is left out of result\.json: .*000000\.json: ENOENT/);
  });

  it('a result that cannot be written hides nothing: what failed is told, and why there is no result', async () => {
    const dir = await harness().folder();
    const script = { '*': { exit: 3 } };
    const request = makeRequest({ dir, tasks: [{ type: 'parallel', script }], images: ['a'] });
    const result = join(request.workflow_dir_local, 'result.json');
    await mkdir(result, { recursive: true });
    const { message } = await thrownBy((await harness().start(request)).result());
    expect(message).toMatch(/exit code 3.*Besides, its result could not be written: .*result\.json: EISDIR/);
  });

  it('a run whose folder is removed ends by itself, and nothing of it goes on', async () => {
    const { dir, handle } = await start(harness(), (folder) => [waiting(folder, 'a')], ['a', 'b']);
    await untilBegun(dir, 'a');
    await rm(join(dir, 'run'), { recursive: true });
    const error = await thrownBy(handle.result());
    expect(error).toBeInstanceOf(JobExecutionError);
    expect(error.message).toContain(join(dir, 'run'));
    await until('the end of its processes', async () => (await processesWith(dir)).length === 0);
  });

  it('a run whose folder is gone can be cancelled', async () => {
    const { dir, handle } = await start(harness(), (folder) => [waiting(folder, 'a')], ['a', 'b']);
    await untilBegun(dir, 'a');
    await rm(join(dir, 'run'), { recursive: true });
    await handle.cancel();
    expect(await thrownBy(handle.result())).toBeInstanceOf(Error);
    await until('the end of its processes', async () => (await processesWith(dir)).length === 0);
  });

  it('a queue of another backend’s worker is refused, with both names', async () => {
    const { handle } = await start(harness(), () => [{ type: 'parallel' }], ['a'], { backend: 'slurm' });
    const error = await thrownBy(handle.result());
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect((error as InvalidRequestError).errors).toEqual([
      {
        path: '/activity_task_queue',
        expected: 'a queue that a worker of backend "slurm" serves',
        got: expect.stringContaining('a worker of backend "local" serves') as string,
      },
    ]);
  });
});

describe('one unit in a batch', () => {
  const harness = withHarness({
    maxUnits: 4,
    unitsPerBatch: 1,
    worker: { batchesAtOnce: 3, permanentPatienceMs: 1_500 },
  });

  /** The units file of the batch that holds this image. */
  const unitsFileOf = async (dir: string, image: string): Promise<string> => {
    const batches = join(dir, 'run', '.runner', 'batches');
    for (const name of await readdir(batches, { recursive: true })) {
      if (!/units-[0-9a-f]+$/.test(name)) continue;
      const text = await readFile(join(batches, name), 'utf8');
      if (text.includes(`"zarr_url":"${zarrUrl(dir, image)}"`)) return join(batches, name);
    }
    throw new Error(`no units file of ${image}`);
  };

  it('a damaged file of one batch costs a cancelled run no other', async () => {
    const { dir, handle } = await start(
      harness(),
      (folder) => [
        {
          ...waiting(folder, 'b', 'c'),
          script: {
            ...waiting(folder, 'b', 'c').script,
            [zarrUrl(folder, 'a')]: {
              write: { image_list_updates: [update(zarrUrl(folder, 'a'), { attributes: { kept: true } })] },
            },
          },
        },
      ],
      ['a', 'b', 'c'],
    );
    await untilBegun(dir, 'b');
    await untilBegun(dir, 'c');
    const damaged = await unitsFileOf(dir, 'b');
    await appendFile(damaged, 'edited');
    await handle.cancel();
    expect(await thrownBy(handle.result())).toBeInstanceOf(RunCancelledError);
    await until('the end of its processes', async () => (await processesWith(dir)).length === 0);
    const result = await readResult(dir);
    expect(result.images[0]?.attributes).toMatchObject({ kept: true });
    expect(result.task_runs[0]?.units.map(({ status, cause }) => [status, cause])).toEqual([
      ['done', null],
      ['failed', 'interrupted'],
      ['failed', 'cancelled'],
    ]);
  });

  it('runs whose waiting batches hold every slot keep no other from its short activities', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const first = await start(harness(), (folder) => [waiting(folder, ...names)], names);
    await until('as many as there are slots', async () => (await begun(first.dir)).length === 3);
    const others = await Promise.all(
      Array.from({ length: 10 }, () => start(harness(), (folder) => [waiting(folder)], names)),
    );
    await Promise.all(
      others.map(({ dir }) => untilFile(join(dir, 'run', '.runner', 'plans', '000000-first.json'))),
    );
    expect(await Promise.all(others.map(({ dir }) => begun(dir)))).toEqual(others.map(() => []));
    await first.handle.cancel();
    expect(await thrownBy(first.handle.result())).toBeInstanceOf(RunCancelledError);
    for (const { handle } of others) expect((await handle.result()).status).toBe('done');
  });
});
