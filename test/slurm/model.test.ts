/**
 * Random requests whose units are jobs' processes, forked from a warm interpreter within each job, against the model.
 * By hand, more of them: `npm run test:model -- --slurm --runs 300`.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Backend } from '../../src/batch/contract.js';
import { createSlurmBackend } from '../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../src/executors/slurm/options/config.js';
import { anyPythonCase } from '../model/requests/cases.js';
import { modelTests } from '../model/model-tests.js';
import { python } from '../warm/warm-scripts.js';
import { describeOnCluster } from './on-cluster.js';

const config = parseSlurmConfig(
  JSON.stringify({
    default_slurm_config: { partition: 'normal', cpus_per_task: 1, mem: 100, time: '10' },
    batching_config: {
      ...{ target_cpus_per_job: 4, max_cpus_per_job: 16, target_mem_per_job: 4000, max_mem_per_job: 64000 },
      ...{ target_num_jobs: 1, max_num_jobs: 1000 },
    },
    runner_config: { poll_interval_seconds: 1, late_file_wait_seconds: 0, warm_start: true },
  }),
);

describeOnCluster('the model, with warm interpreters', {}, (cluster) => {
  let cache = '';
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'fractal-model-cache-'));
    vi.stubEnv('FRACTAL_TEMPORAL_CACHE', cache);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true, force: true });
  });

  modelTests(anyPythonCase(python), Number(process.env.FRACTAL_MODEL_SLURM_RUNS ?? 20), {
    real: () => {
      // The folders of a harness are root's, and so are the jobs.
      const backend = createSlurmBackend({
        ...{ config, user: 'root' },
        commandPrefix: ['env', `SLURM_CONF=${cluster().confFile}`],
      });
      // One unit after the other in few jobs: all but the first of a job gain something. How a task's meta makes jobs is
      // another matter (test/executors/slurm/options), and what the local backend takes for it may be refused here.
      const layout: Backend['layout'] = (input) => ({
        ...backend.layout({ ...input, meta: {} }),
        ...{ unitsPerBatch: 5_000, lanes: 1 },
      });
      return { ...backend, layout };
    },
    fields: { backend: 'slurm' },
  });

  it('they were: a warm unit has noted what its script loads', async () => {
    const learned = join(cache, 'warm');
    const texts = await Promise.all(
      (await readdir(learned)).map((name) => readFile(join(learned, name), 'utf8')),
    );
    expect(texts.join('')).toMatch(/^S\t.*play-unit\.py$/m);
  });
});
