/**
 * Whole runs on a real cluster that take minutes: limits of time, preemption again and again, jobs held by hand, a pause.
 * By hand, `npm run test:slurm:long`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, inject, it } from 'vitest';
import { ask, untilStatus } from '../support/operator.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until } from '../support/until.js';
import { describeOnCluster } from './on-cluster.js';
import { siteConfig, startSlurmWorker, type SlurmWorker } from './slurm-worker.js';

const PREEMPTIONS = 10;
const MINUTES = 60_000;

/** Notes its image, then does as the file `what-IMAGE` says. */
const TASK = `
image=$(sed -n 's|.*/\\([^/"]*\\)".*|\\1|p' "$2" | head -n 1)
dir=$(dirname "$0")
echo "$image" >>"$dir/runs"
[[ ! -e $dir/what-$image ]] || source "$dir/what-$image"
`;

describeOnCluster('runs of minutes', { accounting: true, extra: ['--min-job-age', '60'] }, (cluster) => {
  let worker: SlurmWorker | null = null;
  afterEach(async () => {
    await worker?.stop();
    worker = null;
  });

  const start = async (
    slurm: Record<string, unknown>,
    whats: Record<string, string>,
    extra: Record<string, unknown> | ((dir: string) => Record<string, unknown>) = {},
    meta: Record<string, unknown> = {},
  ) => {
    worker = await startSlurmWorker(cluster(), inject('temporal').address, siteConfig({}, slurm));
    const dir = await worker.folder();
    await writeFile(join(dir, 'task.sh'), TASK);
    for (const [image, text] of Object.entries(whats)) await writeFile(join(dir, `what-${image}`), text);
    const tasks = [
      { type: 'parallel' as const, name: 'Only', command: `bash ${join(dir, 'task.sh')}`, meta },
    ];
    const images = Object.keys(whats);
    const more = typeof extra === 'function' ? extra(dir) : extra;
    const request = makeRequest({ dir, tasks, images, extra: more });
    return { dir, run: await worker.start(request) };
  };

  const runsOf = async (dir: string): Promise<string[]> =>
    (await readFile(join(dir, 'runs'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

  const oneJob = { tasks_per_job: 3, parallel_tasks_per_job: 1 };
  const waitsForGo = 'until [[ -e $dir/go ]]; do read -r -t 0.2 <> <(:) || true; done\n';

  it(
    'a unit of 150 s in a limit of 60 s is done at its second try with more time; its neighbours run once',
    async () => {
      const { dir, run } = await start(
        { time: '1' },
        // SLURM looks at limits every 30 s, so that it may end the first run some 90 s after its start; the second has 5 minutes.
        { a: '', b: 'sleep 150\n', c: '' },
        { recovery: { time: { tries: 1, factor: 5 } } },
        { tasks_per_job: 3, parallel_tasks_per_job: 3 },
      );
      const result = await run.result();
      expect(result.status).toBe('done');
      expect((await runsOf(dir)).toSorted()).toEqual(['a', 'b', 'b', 'c']);
      const tries = result.task_runs[0]?.units.map((unit) => unit.tries?.map(({ cause }) => cause));
      expect(tries).toEqual([[null], ['timeout', null], [null]]);
    },
    10 * MINUTES,
  );

  /** Somebody else's job takes the node away, once. */
  const preempt = async (): Promise<void> => {
    const wanted = ['sbatch', '-p', 'high', '-w', cluster().nodes[0], '--exclusive', '--wait'];
    expect((await cluster().asUser([...wanted, '--wrap', 'sleep 1'])).exitCode).toBe(0);
  };

  const lowJob = (): Record<string, unknown> => ({
    ...oneJob,
    nodelist: cluster().nodes[0],
    extra_lines: ['#SBATCH --exclusive'],
  });

  it(
    `a unit that is preempted ${PREEMPTIONS} times goes by the tries of infrastructure, and by no other`,
    async () => {
      const { dir, run } = await start(
        { partition: 'low' },
        { a: '', b: waitsForGo, c: '' },
        {
          recovery: {
            infrastructure: { tries: PREEMPTIONS },
            ...{ memory: { tries: 1 }, time: { tries: 1 } },
          },
        },
        lowJob(),
      );
      for (let count = 1; count <= PREEMPTIONS; count++) {
        await until(
          `unit b to run for the ${count}th time`,
          async () => (await runsOf(dir)).filter((name) => name === 'b').length === count,
          3 * MINUTES,
        );
        await preempt();
      }
      await writeFile(join(dir, 'go'), '');
      const result = await run.result();
      expect(result.status).toBe('done');
      const [a, b, c] = result.task_runs[0]?.units.map(({ tries }) => tries ?? []) ?? [];
      expect(b?.map(({ cause }) => cause)).toEqual([
        ...Array.from({ length: PREEMPTIONS }, () => 'interrupted'),
        null,
      ]);
      expect(a?.map(({ cause }) => cause)).toEqual([null]);
      // Of the jobs in which its turn did not come.
      expect(new Set(c?.slice(0, -1).map(({ cause }) => cause))).toEqual(new Set(['never_started']));
      expect(c?.at(-1)).toMatchObject({ cause: null, exit_code: 0 });
      expect((await runsOf(dir)).filter((name) => name !== 'b')).toEqual(['a', 'c']);
    },
    30 * MINUTES,
  );

  it(
    `a job that is preempted ${PREEMPTIONS} times before its first unit begins is charged to nobody`,
    async () => {
      const { dir, run } = await start(
        { partition: 'low' },
        { a: '', b: '' },
        (folder) => ({
          worker_init: `echo start >>${join(folder, 'starts')}\nuntil [ -e ${join(folder, 'go')} ]; do sleep 0.2; done`,
        }),
        lowJob(),
      );
      const starts = async (): Promise<number> =>
        (await readFile(join(dir, 'starts'), 'utf8').catch(() => '')).split('\n').length - 1;
      for (let count = 1; count <= PREEMPTIONS; count++) {
        await until(
          `its job to run for the ${count}th time`,
          async () => (await starts()) === count,
          3 * MINUTES,
        );
        await preempt();
      }
      await writeFile(join(dir, 'go'), '');
      const result = await run.result();
      expect(result.status).toBe('done');
      expect(await runsOf(dir)).toEqual(['a', 'b']);
    },
    30 * MINUTES,
  );

  it(
    'a job that somebody holds is shown with its reason, and goes on when it is released',
    async () => {
      const { dir, run } = await start({}, { a: '' }, {}, { extra_lines: ['#SBATCH --begin=now+1hour'] });
      let id = '';
      await until('the job', async () => {
        const { stdout } = await cluster().asUser(['squeue', '-h', '-t', 'pending', '-o', '%i %Z']);
        id = /^(\d+) /.exec(stdout.split('\n').find((line) => line.includes(dir)) ?? '')?.[1] ?? '';
        return id !== '';
      });
      await cluster().asUser(['scontrol', 'hold', id]);
      await until('its reason', async () =>
        (await run.progress()).pending.some(({ batch }) =>
          (batch?.reason ?? '').includes('scontrol release'),
        ),
      );
      expect(await runsOf(dir)).toEqual([]);
      await cluster().asUser(['scontrol', 'update', `JobId=${id}`, 'StartTime=now']);
      await cluster().asUser(['scontrol', 'release', id]);
      expect((await run.result()).status).toBe('done');
      expect(await runsOf(dir)).toEqual(['a']);
    },
    5 * MINUTES,
  );

  it(
    'pause --now: the running job starts no further unit, and what is left runs after resume, once',
    async () => {
      const { dir, run } = await start({}, { a: waitsForGo, b: '', c: '' }, {}, oneJob);
      await until('the first unit to run', async () => (await runsOf(dir)).length === 1);
      await ask(run, 'pause', { now: true });
      await writeFile(join(dir, 'go'), '');
      await until('the job to end', async () => {
        const { stdout } = await cluster().asUser(['squeue', '-h', '-o', '%Z']);
        return !stdout.includes(dir);
      });
      await untilStatus(run, 'paused');
      expect(await runsOf(dir)).toEqual(['a']);
      await ask(run, 'resume', {});
      expect((await run.result()).status).toBe('done');
      expect(await runsOf(dir)).toEqual(['a', 'b', 'c']);
    },
    5 * MINUTES,
  );

  it(
    'goes on from a run that was terminated with a batch in the queue, once its job has ended',
    async () => {
      const { dir, run } = await start({}, { a: '', b: waitsForGo, c: '' }, {}, oneJob);
      await until('b to run', async () => (await runsOf(dir)).includes('b'));
      await run.temporal.terminate('lost');
      await cluster().asUser(['scancel', '--user', cluster().user]);
      // COMPLETING is not over yet, and would be refused with that word.
      await until(
        'the job to be gone',
        async () => !(await cluster().asUser(['squeue', '-h', '-o', '%Z'])).stdout.includes(dir),
      );
      await writeFile(join(dir, 'go'), '');
      const request = makeRequest({
        dir,
        tasks: [{ type: 'parallel', name: 'Only', command: `bash ${join(dir, 'task.sh')}`, meta: oneJob }],
        images: ['a', 'b', 'c'],
        extra: {
          workflow_dir_local: join(dir, 'run2'),
          continue_from: join(dir, 'run'),
          recovery: { rerun_interrupted: true },
        },
      });
      const again = await worker?.start(request);
      expect((await again?.result())?.status).toBe('done');
      const runs = await runsOf(dir);
      expect(runs.filter((name) => name === 'a')).toHaveLength(1);
      expect(runs.filter((name) => name === 'c')).toHaveLength(1);
    },
    10 * MINUTES,
  );
});
