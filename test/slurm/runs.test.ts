/** Whole runs on a real cluster: the worker is the real program, run by the cluster's unprivileged user. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { InvalidRequestError, JobExecutionError } from '../../src/client/index.js';
import type { RunResult } from '../../src/wire/result.js';
import { describeRuns } from '../e2e/run-suite/index.js';
import { entriesIn, others } from '../security/modes.js';
import { makeRequest } from '../support/scripted-requests.js';
import { describeOnCluster } from './on-cluster.js';
import { startSlurmWorker, type SlurmWorker } from './slurm-worker.js';

describeOnCluster('runs on SLURM', { accounting: true }, (cluster) => {
  let worker: SlurmWorker;
  beforeAll(async () => {
    worker = await startSlurmWorker(cluster(), inject('temporal').address);
  });
  afterAll(() => worker.stop());

  describeRuns('the same suite as on the local backend', () => worker);

  describe('what SLURM adds', () => {
    it('gives the jobs of tasks and units, and what they used', async () => {
      const dir = await worker.folder();
      const tasks = [{ type: 'parallel' as const, name: 'Project Image (HCS Plate)' }];
      const handle = await worker.start(makeRequest({ dir, tasks, images: ['a', 'b', 'c'] }));
      const result = await handle.result();
      const [task] = result.task_runs;
      expect(task?.slurm_job_ids.length).toBeGreaterThan(0);
      expect(task?.units.map((unit) => task.slurm_job_ids.includes(unit.slurm_job_id ?? ''))).toEqual([
        true,
        true,
        true,
      ]);
      const folder = join(dir, 'run', '0_project_image__hcs_plate_');
      const script = await readFile(join(folder, 'par-000000-slurm-submit.sh'), 'utf8');
      expect(script).toContain('#SBATCH --no-requeue');
    });

    it('leaves files that nobody else can read, those of the job too; units get the umask of the worker', async () => {
      const dir = await worker.folder();
      const task = join(dir, 'task.sh');
      await writeFile(task, 'umask\n');
      const tasks = [{ type: 'parallel' as const, name: 'Only', command: `bash ${task}` }];
      await (await worker.start(makeRequest({ dir, tasks, images: ['a'] }))).result();
      const entries = await entriesIn(join(dir, 'run'));
      expect(entries.filter(({ path }) => /slurm-\d+\.(?:out|err)$/.test(path))).toHaveLength(2);
      expect(others(entries, '0600', '0700')).toEqual([]);
      const log = await readFile(join(dir, 'run', '0_only', 'par-000000-0000000-log.txt'), 'utf8');
      const own = process.umask(0o022);
      process.umask(own);
      expect(parseInt(log, 8)).toBe(own);
    });

    it('traces a job that died before its first unit: its id, state, files, and the words of the line that failed', async () => {
      const dir = await worker.folder();
      const request = makeRequest({ dir, tasks: [{ type: 'parallel' }], images: ['a', 'b'] });
      const handle = await worker.start({ ...request, worker_init: 'no-such-module load x' });
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(JobExecutionError);
      const { details, message } = error as JobExecutionError;
      expect(message).toContain('no-such-module: command not found');
      expect(details).toMatchObject({
        ...{ slurm_job_id: expect.stringMatching(/^\d+$/), slurm_state: 'FAILED' },
        stdout_file: expect.stringMatching(/par-000000-slurm-\d+\.out$/),
        stderr_file: expect.stringMatching(/par-000000-slurm-\d+\.err$/),
      });
      const result = JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as RunResult;
      expect(result.task_runs[0]?.slurm_job_ids).toEqual([details.slurm_job_id]);
      expect(result.task_runs[0]?.units.map(({ cause }) => cause)).toEqual([
        'never_started',
        'never_started',
      ]);
    });

    it('refuses what the cluster can never run before anything runs, for every task of the range', async () => {
      const dir = await worker.folder();
      const late = { type: 'parallel' as const, meta: { time: '12h' } };
      const tasks = [{ type: 'parallel' as const, runs_file: join(dir, 'runs') }, late];
      const handle = await worker.start(makeRequest({ dir, tasks, images: ['a'] }));
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect((error as InvalidRequestError).errors.map(({ path }) => path)).toEqual([
        '/workflow/task_list/1/meta_parallel',
      ]);
      await expect(readFile(join(dir, 'runs'))).rejects.toThrow('ENOENT');
    });
  });
});
