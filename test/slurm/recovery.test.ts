/** Whole runs on a real cluster when things go wrong: worker killed, memory and time limits, cancel. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { JobExecutionError, RunCancelledError } from '../../src/client/index.js';
import { makeRequest, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { until } from '../support/until.js';
import { describeOnCluster } from './on-cluster.js';
import { startSlurmWorker, type SlurmWorker } from './slurm-worker.js';
import { readResult } from '../support/read-result.js';

const countRuns = async (dir: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  const text = await readFile(join(dir, 'runs'), 'utf8').catch(() => '');
  for (const url of text.split('\n').filter((line) => line !== '')) {
    const name = url.slice(url.lastIndexOf('/') + 1);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

const oneEach = (images: string[]): Record<string, number> =>
  Object.fromEntries(images.map((name) => [name, 1]));

const JOBS = 20;
const names = Array.from({ length: JOBS }, (_, index) => `image${String(index).padStart(2, '0')}`);

describeOnCluster('runs on SLURM that go wrong', { accounting: true }, (cluster) => {
  let worker: SlurmWorker;
  beforeAll(async () => {
    worker = await startSlurmWorker(cluster(), inject('temporal').address);
  });
  afterAll(() => worker.stop());

  const start = async (
    spec: (dir: string) => TaskSpec,
    images: string[],
    extra: Record<string, unknown> = {},
  ) => {
    const dir = await worker.folder();
    const handle = await worker.start(makeRequest({ dir, tasks: [spec(dir)], images, extra }));
    return { dir, handle };
  };

  const waiting = (dir: string): TaskSpec => ({
    type: 'parallel',
    runs_file: join(dir, 'runs'),
    script: { '*': { wait_for: join(dir, 'go') } },
    meta: { tasks_per_job: 1, parallel_tasks_per_job: 1 },
  });

  const jobsInQueue = async (dir: string): Promise<string[]> => {
    const task = join(dir, 'run', '0_task_0');
    const scripts = (await readdir(task)).filter((file) => file.endsWith('-submit.sh'));
    const { stdout } = await cluster().asUser(['squeue', '-h', '-t', 'all', '-o', '%T %Z']);
    const live = stdout.split('\n').filter((line) => /^(PENDING|RUNNING|COMPLETING|CONFIGURING) /.test(line));
    return scripts.length === 0 ? [] : live.filter((line) => line.includes(dir));
  };

  it(`adopts ${JOBS} running jobs after a kill -9 of the worker, and submits nothing again`, async () => {
    const { dir, handle } = await start(waiting, names);
    await until('all units to run', async () => Object.keys(await countRuns(dir)).length === JOBS);
    await worker.replace('SIGKILL');
    await writeFile(join(dir, 'go'), '');
    const result = await handle.result();
    expect(result.status).toBe('done');
    expect(await countRuns(dir)).toEqual(oneEach(names));
    expect(result.task_runs[0]?.slurm_job_ids).toHaveLength(JOBS);
    const { stdout } = await cluster().asUser(['sacct', '-n', '-X', '-o', 'JobName%200']);
    const keys = stdout
      .split('\n')
      .filter((line) => result.task_runs[0]?.slurm_jobs?.some((job) => line.includes(job.job_name)));
    expect(keys).toHaveLength(JOBS);
  });

  it('leaves jobs running when the worker is shut down, and the next adopts them', async () => {
    const { dir, handle } = await start(waiting, ['a', 'b']);
    await until('both units to run', async () => Object.keys(await countRuns(dir)).length === 2);
    await worker.replace('SIGTERM');
    await writeFile(join(dir, 'go'), '');
    expect((await handle.result()).status).toBe('done');
    expect(await countRuns(dir)).toEqual(oneEach(['a', 'b']));
  });

  it('cancels the jobs of a cancelled run, verified', async () => {
    const { dir, handle } = await start(waiting, ['a', 'b']);
    await until('both units to run', async () => Object.keys(await countRuns(dir)).length === 2);
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(RunCancelledError);
    expect(await jobsInQueue(dir)).toEqual([]);
    const result = await readResult(dir);
    expect(result.status).toBe('cancelled');
    expect(result.task_runs[0]?.units.map((unit) => unit.cause)).toEqual(['cancelled', 'cancelled']);
  });

  it('tells a memory limit from other kills, and keeps what else was done', async () => {
    if (!cluster().cgroup) {
      console.warn('no cgroup on this host: OUT_OF_MEMORY is tested by recorded outputs only');
      return;
    }
    const { dir, handle } = await start(
      (folder) => ({
        type: 'parallel',
        output_types: { done: true },
        script: { [zarrUrl(folder, 'a')]: { hog_bytes: 400_000_000 } },
        meta: { tasks_per_job: 3, parallel_tasks_per_job: 1 },
      }),
      ['a', 'b', 'c'],
    );
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobExecutionError);
    expect((error as JobExecutionError).details).toMatchObject({
      slurm_state: 'OUT_OF_MEMORY',
      unit_index: 0,
    });
    expect((error as Error).message).toContain('memory');
    const result = await readResult(dir);
    expect(result.task_runs[0]?.units.map((unit) => unit.cause)).toEqual(['out_of_memory', null, null]);
    expect(result.images.map((image) => image.types)).toEqual([{}, { done: true }, { done: true }]);
  });

  it('gives a unit that was out of memory more, and its neighbours what they had', async () => {
    if (!cluster().cgroup) return;
    const { dir, handle } = await start(
      (folder) => ({
        type: 'parallel',
        runs_file: join(folder, 'runs'),
        script: { [zarrUrl(folder, 'b')]: { hog_bytes: 230_000_000 } },
        meta: { tasks_per_job: 3, parallel_tasks_per_job: 1, mem: 100 },
      }),
      ['a', 'b', 'c'],
      { recovery: { memory: { tries: 1, factor: 3 } } },
    );
    const result = await handle.result();
    expect(result.status).toBe('done');
    expect(await countRuns(dir)).toEqual({ a: 1, b: 2, c: 1 });
    const tries = result.task_runs[0]?.units.map((unit) =>
      unit.tries?.map(({ n, cause, asked }) => [n, cause, asked['mem_mb_per_unit']]),
    );
    const once = [[1, null, 100]];
    expect(tries).toEqual([
      once,
      [
        [1, 'out_of_memory', 100],
        [2, null, 300],
      ],
      once,
    ]);
    const log = await readFile(join(dir, 'run', 'workflow.log'), 'utf8');
    expect(log).toContain('try 2 after OUT_OF_MEMORY, asked for 300 MB');
  });

  it('runs a unit that says so by its exit code again, twice in vain', async () => {
    const { dir, handle } = await start(
      (folder) => ({
        type: 'parallel',
        runs_file: join(folder, 'runs'),
        script: { '*': { exits: [75, 75, 0] } },
        meta: { tasks_per_job: 1, parallel_tasks_per_job: 1 },
      }),
      ['a'],
      { recovery: { exit_codes: { '75': { tries: 3 } } } },
    );
    const result = await handle.result();
    expect(await countRuns(dir)).toEqual({ a: 3 });
    const [unit] = result.task_runs[0]?.units ?? [];
    expect(unit?.tries?.map(({ exit_code: code, log_file: log }) => [code, basename(log ?? '')])).toEqual([
      [75, 'par-000000-0000000-log.1.txt'],
      [75, 'par-000000-0000000-log.2.txt'],
      [0, 'par-000000-0000000-log.txt'],
    ]);
  });

  it('gives a unit more memory and runs it again, where the request allows it', async () => {
    if (!cluster().cgroup) return;
    const { dir, handle } = await start(
      (folder) => ({
        type: 'parallel',
        runs_file: join(folder, 'runs'),
        script: { '*': { hog_bytes: 120_000_000 } },
        meta: { tasks_per_job: 1, parallel_tasks_per_job: 1, mem: 100 },
      }),
      ['a'],
      { recovery: { rerun_interrupted: true } },
    );
    const result = await handle.result();
    expect(result.status).toBe('done');
    expect((await countRuns(dir))['a']).toBeGreaterThan(1);
    expect(result.task_runs[0]?.slurm_job_ids.length).toBeGreaterThan(1);
  });
});
