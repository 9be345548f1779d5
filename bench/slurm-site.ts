/** A SLURM cluster of this machine with a worker, for benches. */
import { randomUUID } from 'node:crypto';
import { chown, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../src/wire/request.js';
import { startCluster, whyNoCluster, type Cluster } from '../test/slurm/cluster.js';
import { createWrappers, type Wrappers } from '../test/slurm/wrappers.js';
import type { BenchContext, Row } from './bench.js';
import { benchRequest } from './requests.js';

const TRUE: BenchUnit = { command: 'true', mem: 10 };

const siteConfig = (runner: JsonObject): JsonObject => ({
  default_slurm_config: { partition: 'normal', cpus_per_task: 1, mem: 10, time: '30' },
  batching_config: {
    ...{ target_cpus_per_job: 2, max_cpus_per_job: 16, target_mem_per_job: 100, max_mem_per_job: 64000 },
    ...{ target_num_jobs: 1000, max_num_jobs: 1000 },
  },
  runner_config: runner,
});

export interface BenchUnit {
  command: string;
  /** MB. */
  mem: number;
}

export interface Site {
  cluster: Cluster;
  wrappers: Wrappers;
  /** Runs `units` units of a command, so many in a job, two at once; the folder of the run and its wall time. */
  run(units: number, unitsPerJob: number, unit?: BenchUnit): Promise<{ dir: string; took: number }>;
}

/** Measures on a cluster of its own; where there can be none it says so, and measures nothing. */
export const onCluster = async (
  { say }: BenchContext,
  measure: (cluster: Cluster) => Promise<Row[]>,
): Promise<Row[]> => {
  const reason = whyNoCluster();
  if (reason !== null) {
    say(`not measured: ${reason}`);
    return [];
  }
  const cluster = await startCluster();
  try {
    return await measure(cluster);
  } finally {
    await cluster.down();
  }
};

export const withWorker = async <T>(
  { program, address }: BenchContext,
  cluster: Cluster,
  runner: JsonObject,
  work: (site: Site) => Promise<T>,
): Promise<T> => {
  const config = join(cluster.workDir, `slurm-config-${randomUUID()}.json`);
  await writeFile(config, JSON.stringify(siteConfig(runner)));
  await chown(config, cluster.uid, cluster.gid);
  const wrappers = await createWrappers(cluster);
  for (const command of ['squeue', 'sbatch']) await wrappers.set(command, 'exec "$real" "$@"');
  const queue = `bench-slurm-${randomUUID()}`;
  const worker = await program.start(
    ['worker', 'slurm', '--slurm-config', config, '--task-queue', queue, '--address', address],
    { prefix: [...cluster.userPrefix, `PATH=${wrappers.path}:/usr/local/bin:/usr/bin:/bin`] },
  );
  try {
    return await work({
      cluster,
      wrappers,
      run: async (units, unitsPerJob, { command, mem } = TRUE) => {
        const dir = await mkdtemp(join(cluster.workDir, 'run-'));
        await chown(dir, cluster.uid, cluster.gid);
        const meta = { mem, tasks_per_job: unitsPerJob, parallel_tasks_per_job: Math.min(2, unitsPerJob) };
        const tasks = [{ name: 'Unit', type: 'parallel' as const, command, meta }];
        const request = benchRequest({ dir, tasks, images: units, queue, backend: 'slurm' });
        return { dir, took: await program.run(request, `slurm-${randomUUID()}`) };
      },
    });
  } finally {
    await worker.stop();
  }
};
