/** Runs whose batches end badly, that are cancelled, or whose files somebody touches. */
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { InvalidRequestError, JobExecutionError, RunCancelledError } from '../../src/client/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { listOf, makeRequest, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import { kill } from '../support/kill.js';
import { readResult } from '../support/read-result.js';

let harness: Harness;
beforeAll(async () => {
  // One unit at a time: what has begun and what has not is certain.
  harness = await startHarness({ address: inject('temporal').address, maxUnits: 1 });
});
afterAll(() => harness.stop());

const start = async (
  tasks: (dir: string) => TaskSpec[],
  images: string[],
  extra: Record<string, unknown> = {},
) => {
  const dir = await harness.folder();
  const handle = await harness.start(makeRequest({ dir, tasks: tasks(dir), images, extra }));
  return { dir, handle };
};

/** The first unit waits for the file `go`, the others run through; each start is counted in `runs`. */
const waitingTask = (dir: string): TaskSpec => ({
  type: 'parallel',
  output_types: { done: true },
  runs_file: join(dir, 'runs'),
  script: { [zarrUrl(dir, 'a')]: { wait_for: join(dir, 'go') } },
});

const countRuns = async (dir: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const url of (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n')) {
    const name = url.slice(url.lastIndexOf('/') + 1);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

/** Process ids of the session that the batch's script leads; the script's own is its job id. */
const batchProcesses = async (dir: string): Promise<number[]> => {
  const batches = join(dir, 'run', '.runner', 'batches');
  const owners = await Promise.all(
    (await readdir(batches)).map((key) => readFile(join(batches, key, 'owner'), 'utf8').catch(() => '')),
  );
  const sessions = new Set(owners.map((text) => text.trim()).filter((text) => text !== ''));
  const processes: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    if (session !== undefined && sessions.has(session)) processes.push(Number(entry));
  }
  return processes;
};

const killBatch = async (dir: string): Promise<void> => {
  for (const pid of await batchProcesses(dir)) kill(pid);
};

describe('a batch whose processes are killed', () => {
  it('runs what never started, and ends with what was interrupted', async () => {
    const { dir, handle } = await start((folder) => [waitingTask(folder)], ['a', 'b', 'c']);
    await untilFile(join(dir, 'runs'));
    await killBatch(dir);
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobExecutionError);
    expect((error as Error).message).toContain('recovery.rerun_interrupted');
    const result = await readResult(dir);
    expect(result.task_runs[0]?.units.map((unit) => [unit.status, unit.cause])).toEqual([
      ['failed', 'interrupted'],
      ['done', null],
      ['done', null],
    ]);
    expect(result.images.map((image) => image.types)).toEqual([{}, { done: true }, { done: true }]);
    expect(await countRuns(dir)).toEqual({ a: 1, b: 1, c: 1 });
  });

  it('runs the interrupted unit again where the request allows it', async () => {
    const { dir, handle } = await start((folder) => [waitingTask(folder)], ['a', 'b'], {
      recovery: { tasks: { '0': { rerun_interrupted: true } } },
    });
    await untilFile(join(dir, 'runs'));
    await killBatch(dir);
    await writeFile(join(dir, 'go'), '');
    const result = await handle.result();
    expect(result.status).toBe('done');
    expect(await countRuns(dir)).toEqual({ a: 2, b: 1 });
    const files = await readdir(join(dir, 'run', '0_task_0'));
    expect(files).toContain('par-000000-0000000-log.txt');
    expect(files).toContain('par-000000-0000000-log.1.txt');
  });

  it('waits for its operator, who has to allow it for a unit that was interrupted', async () => {
    const { dir, handle } = await start((folder) => [waitingTask(folder)], ['a', 'b'], {
      recovery: { on_failure: 'wait' },
    });
    await untilFile(join(dir, 'runs'));
    await killBatch(dir);
    await writeFile(join(dir, 'go'), '');
    await untilStatus(handle, 'held');
    const refused = await refusal(ask(handle, 'retry', { units: 'failed', meta: { mem: '8G' } }));
    expect(refused).toContain('rerun_interrupted');
    expect(await countRuns(dir)).toEqual({ a: 1, b: 1 });
    expect(await ask(handle, 'retry', { units: [0], rerun_interrupted: true })).toMatchObject({ units: 1 });
    expect((await handle.result()).images.map(({ types }) => types)).toEqual([
      { done: true },
      { done: true },
    ]);
    expect(await countRuns(dir)).toEqual({ a: 2, b: 1 });
  });

  it('may be that of an init which its operator has allowed to run again, as often as it takes', async () => {
    const begun = async (dir: string): Promise<number> =>
      (await readFile(join(dir, 'runs'), 'utf8').catch(() => '')).split('\n').length - 1;
    const { dir, handle } = await start(
      (folder) => [
        {
          type: 'compound',
          runs_file: join(folder, 'runs'),
          script: {
            '*': { wait_for: join(folder, 'go'), write: listOf({ zarr_url: zarrUrl(folder, 'a') }) },
          },
          output_types: { done: true },
        },
      ],
      ['a'],
      { recovery: { on_failure: 'wait' } },
    );
    await until('its init to run', async () => (await begun(dir)) === 1);
    await killBatch(dir);
    await untilStatus(handle, 'held');
    await ask(handle, 'retry', { rerun_interrupted: true });
    await until('its init to run once more', async () => (await begun(dir)) === 2);
    await killBatch(dir);
    await until('its init to run for the third time', async () => (await begun(dir)) === 3);
    await writeFile(join(dir, 'go'), '');
    expect((await handle.result()).images.map(({ types }) => types)).toEqual([{ done: true }]);
  });
});

describe('a cancelled run', () => {
  it('ends its batches, keeps what was done, and says so', async () => {
    const { dir, handle } = await start(
      (folder) => [
        {
          ...waitingTask(folder),
          script: {
            [zarrUrl(folder, 'a')]: {
              write: { image_list_updates: [update(zarrUrl(folder, 'a'), { attributes: { kept: true } })] },
            },
            [zarrUrl(folder, 'b')]: { wait_for: join(folder, 'go') },
          },
        },
      ],
      ['a', 'b', 'c'],
    );
    await until(
      'the second unit',
      async () => ((await countRuns(dir).catch((): Record<string, number> => ({})))['b'] ?? 0) === 1,
    );
    await handle.cancel();
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunCancelledError);
    expect(await batchProcesses(dir)).toEqual([]);
    const result = await readResult(dir);
    expect(result.status).toBe('cancelled');
    expect(result.images[0]?.attributes).toMatchObject({ kept: true });
    expect(result.task_runs[0]?.units.map((unit) => [unit.status, unit.cause])).toEqual([
      ['done', null],
      ['failed', 'cancelled'],
      ['failed', 'cancelled'],
    ]);
    expect((await handle.temporal.describe()).status.name).toBe('CANCELLED');
    expect(await countRuns(dir)).toEqual({ a: 1, b: 1 });
  });
});

describe('files of the runner', () => {
  it('a state file that was edited ends the run with its name, never with a wrong image list', async () => {
    const { dir, handle } = await start((folder) => [waitingTask(folder), { type: 'parallel' }], ['a', 'b']);
    await untilFile(join(dir, 'runs'));
    const path = join(dir, 'run', '.runner', 'images', '000000.jsonl');
    await appendFile(path, '{"zarr_url":"/x","origin":null,"attributes":{},"types":{}}\n');
    await writeFile(join(dir, 'go'), '');
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobExecutionError);
    expect((error as Error).message).toContain(path);
  });
});

describe('a request that is wrong', () => {
  it('is refused with all that is wrong with it', async () => {
    const dir = await harness.folder();
    const request = makeRequest({
      dir,
      tasks: [{ type: 'parallel', command: 'rm; ls' }],
      images: ['a', 'a'],
    });
    const handle = await harness.start({ ...request, surplus: 1, first_task_index: -1 });
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidRequestError);
    const paths = (error as InvalidRequestError).errors.map((each) => each.path).sort();
    expect(paths).toEqual([
      '/dataset/images/1/zarr_url',
      '/first_task_index',
      '/surplus',
      '/workflow/task_list/0/task/command_parallel',
    ]);
  });

  it('is refused when another run has used its directory', async () => {
    const dir = await harness.folder();
    const request = makeRequest({ dir, tasks: [{ type: 'parallel' }], images: ['a'] });
    await (await harness.start(request)).result();
    const again = await harness.start(request);
    const error = await again.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect((error as InvalidRequestError).errors[0]?.path).toBe('/workflow_dir_local');
  });

  it('is refused when its directory cannot be made', async () => {
    const dir = await harness.folder();
    await writeFile(join(dir, 'file'), '');
    const request = makeRequest({ dir, tasks: [{ type: 'parallel' }], images: ['a'] });
    const handle = await harness.start({ ...request, workflow_dir_local: join(dir, 'file', 'run') });
    await expect(handle.result()).rejects.toBeInstanceOf(InvalidRequestError);
  });

  it('names the meta that a backend cannot lay out', async () => {
    const dir = await harness.folder();
    const tasks: TaskSpec[] = [{ type: 'parallel', meta: { parallel_tasks_per_job: -1 } }];
    const handle = await harness.start(makeRequest({ dir, tasks, images: ['a'] }));
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect((error as InvalidRequestError).errors.map((each) => each.path)).toEqual([
      '/workflow/task_list/0/meta_parallel',
    ]);
  });
});
