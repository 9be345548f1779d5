/** Whole runs on a real cluster: the worker is the real program, run by the cluster's unprivileged user. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeRuns } from '../e2e/run-suite.js';
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
  });
});
