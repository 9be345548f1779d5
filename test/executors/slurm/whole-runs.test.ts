/** Whole runs on a cluster in memory that runs what it is given: units that must not meet, how memory is asked for, what is lost. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../../src/wire/result.js';
import { startClusterGround, type ClusterGround } from '../../support/running-cluster.js';
import { makeRequest, zarrUrl } from '../../support/scripted-requests.js';
import { until, untilFile } from '../../support/until.js';

const runner = { poll_interval_seconds: 0.1, late_file_wait_seconds: 0 };

describe('units that must not meet', () => {
  let ground: ClusterGround;
  beforeAll(async () => {
    const batching_config = {
      ...{ target_cpus_per_job: 2, max_cpus_per_job: 2, target_mem_per_job: '1G', max_mem_per_job: '1G' },
      ...{ target_num_jobs: 100, max_num_jobs: 100 },
    };
    ground = await startClusterGround({ batching_config, runner_config: runner });
  });
  afterAll(() => ground.harness.stop());

  it('never do, in one job and across the jobs of a task; jobs of other wells run meanwhile', async () => {
    const { harness, cluster } = ground;
    const dir = await harness.folder();
    // Not well by well. A batch counts a well as one unit, so that the third is in another job.
    const wells = { a: 'A1', b: 'A2', c: 'A1', d: 'A2', e: 'A3', f: 'A3', g: 'A1', h: 'A2', i: 'A3' };
    const names = Object.entries(wells);
    // Ends with 8 where it meets another of its well. The first of each of two wells waits for the other's.
    const awaited: Record<string, string> = { a: 'e', e: 'a' };
    const script = Object.fromEntries(
      names.map(([name, well]) => [
        zarrUrl(dir, name),
        {
          ...{ alone: join(dir, `busy-${well}`), tell: join(dir, `began-${name}`) },
          ...(awaited[name] ? { wait_for: join(dir, `began-${awaited[name]}`) } : {}),
        },
      ]),
    );
    const meta = { tasks_per_job: 2, parallel_tasks_per_job: 2, exclusive: ['well'] };
    const request = makeRequest({
      dir,
      tasks: [{ type: 'parallel', script, meta }],
      images: Object.keys(wells),
    });
    const images = names.map(([name, well]) => ({ zarr_url: zarrUrl(dir, name), attributes: { well } }));
    const run = await harness.start({
      ...request,
      backend: 'slurm',
      dataset: { ...request.dataset, images },
    });
    const result: RunResult = await run.result();
    expect(result.task_runs[0]?.units.map(({ exit_code: code }) => code)).toEqual(names.map(() => 0));
    expect(cluster.scripts.length).toBeGreaterThan(1);
    const jobOf = new Map(
      (result.task_runs[0]?.units ?? []).map((unit) => [unit.zarr_url ?? '', unit.slurm_job_id]),
    );
    // A well's units are in one job: nothing of another job could keep them apart.
    for (const well of ['A1', 'A2', 'A3']) {
      const jobs = names.filter(([, own]) => own === well).map(([name]) => jobOf.get(zarrUrl(dir, name)));
      expect(new Set(jobs).size).toBe(1);
    }
  });
});

describe.each([
  ['a site as most are', {}, {}, ['mem=400M'], []],
  ['a site with --mem-per-cpu', { use_mem_per_cpu: true }, {}, [], ['mem-per-cpu=100M']],
  ['a site that forbids --mem', {}, { memory_option: 'none' }, [], []],
])('memory on %s', (_, slurm, more, mem, perCpu) => {
  let ground: ClusterGround;
  beforeAll(async () => {
    ground = await startClusterGround({
      default_slurm_config: { partition: 'main', cpus_per_task: 2, mem: '200M', ...slurm },
      runner_config: { ...runner, ...more },
    });
  });
  afterAll(() => ground.harness.stop());

  it('is asked for as the site has it, and the run is done', async () => {
    const { harness, cluster } = ground;
    const dir = await harness.folder();
    const meta = { tasks_per_job: 2, parallel_tasks_per_job: 2 };
    const tasks = [{ type: 'parallel' as const, meta }];
    const request = makeRequest({ dir, tasks, images: ['a', 'b'], extra: { backend: 'slurm' } });
    const result = await (await harness.start(request)).result();
    expect(result.status).toBe('done');
    expect(cluster.asked('mem')).toEqual(mem.map((line) => `#SBATCH --${line}`));
    expect(cluster.asked('mem-per-cpu')).toEqual(perCpu.map((line) => `#SBATCH --${line}`));
  });
});

describe('a node that is lost', () => {
  let ground: ClusterGround;
  beforeAll(async () => {
    // Longer than a heartbeat may be missing: the default is a minute.
    ground = await startClusterGround({ runner_config: { ...runner, late_file_wait_seconds: 20 } });
  });
  afterAll(() => ground.harness.stop());

  it('is told once what it has written last had its time to come, by the attempt that has waited for it', async () => {
    const { harness, cluster } = ground;
    const dir = await harness.folder();
    const [began, never] = [join(dir, 'began'), join(dir, 'never')];
    const script = { [zarrUrl(dir, 'a')]: { tell: began, wait_for: never } };
    const tasks = [{ type: 'parallel' as const, script }];
    const run = await harness.start(makeRequest({ dir, tasks, images: ['a'], extra: { backend: 'slurm' } }));
    await untilFile(began);
    cluster.endJobs('NODE_FAIL');
    await until('the reason to be told', async () =>
      (await run.progress()).pending.some(({ batch }) => batch?.reason?.startsWith('it has ended;') === true),
    );
    await expect(run.result()).rejects.toMatchObject({ details: { slurm_state: 'NODE_FAIL' } });
    const { events } = await run.temporal.fetchHistory();
    const attempts = (events ?? []).flatMap(
      ({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? [],
    );
    expect(new Set(attempts)).toEqual(new Set([1]));
  });
});

describe('a run that was ended for good in the middle of a job', () => {
  let ground: ClusterGround;
  beforeAll(async () => {
    // Long: the last look at the queue is older than the end of the job.
    ground = await startClusterGround({ runner_config: { ...runner, poll_interval_seconds: 5 } });
  });
  afterAll(() => ground.harness.stop());

  it('is gone on from at once when the job is gone, whatever the queue showed before', async () => {
    const { harness, cluster } = ground;
    const dir = await harness.folder();
    const [began, go] = [join(dir, 'began'), join(dir, 'go')];
    const script = { [zarrUrl(dir, 'a')]: { tell: began, wait_for: go } };
    const tasks = [{ type: 'parallel' as const, script }];
    const request = makeRequest({ dir, tasks, images: ['a'], extra: { backend: 'slurm' } });
    const run = await harness.start(request);
    await untilFile(began);
    await until('the job to be seen', async () =>
      (await run.progress()).pending.some(({ batch }) => batch?.state === 'running'),
    );
    await run.temporal.terminate('lost');
    cluster.endJobs('NODE_FAIL');
    await writeFile(go, '');
    const again = await harness.start({
      ...request,
      workflow_dir_local: join(dir, 'again'),
      continue_from: request.workflow_dir_local,
      recovery: { rerun_interrupted: true },
    });
    expect((await again.result()).status).toBe('done');
  });
});
