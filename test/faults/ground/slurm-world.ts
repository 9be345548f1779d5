/** A world on a real cluster of its own: two workers of one queue, run by the cluster's unprivileged user. */
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, startCluster } from '../../slurm/cluster.js';
import { siteConfig } from '../../slurm/slurm-worker.js';
import { createWrappers } from '../../slurm/wrappers.js';
import { startWorld, type World } from './world.js';

/** Commands that faults put something before. */
export const WRAPPED = ['squeue', 'sacct', 'sbatch', 'scontrol', 'scancel'] as const;

/** As a command is when it is well. */
export const REAL = 'exec "$real" "$@"';

/**
 * A job completes until each of its nodes has said that its processes are gone, also one that is away: those are looked for on
 * their own.
 */
const LIVE = /^\S+ (PENDING|RUNNING|CONFIGURING|SUSPENDED|REQUEUED|REQUEUE_HOLD|SPECIAL_EXIT) /;

const QUEUE = 'cluster';

/** Everything answers soon, and what is lost is lost soon; jobs may be preempted. */
const config = siteConfig(
  {
    ...{ command_timeout_seconds: 4, sbatch_timeout_seconds: 6, vanish_window_seconds: 12 },
    late_file_wait_seconds: 45,
  },
  { partition: 'low' },
);

/** Jobs of runs inside a folder that are not over. */
export const liveJobs = async (cluster: Cluster, dir: string): Promise<string[]> => {
  const { exitCode, stdout } = await cluster.asUser(['squeue', '-h', '-t', 'all', '-o', '%i %T %Z']);
  if (exitCode !== 0) return ['squeue gives no answer'];
  return stdout.split('\n').filter((line) => LIVE.test(line) && line.includes(`${dir}/`));
};

export const startSlurmWorld = async (binary: string): Promise<World> => {
  const cluster = await startCluster({ accounting: true });
  try {
    const wrappers = await createWrappers(cluster);
    for (const command of WRAPPED) await wrappers.set(command, REAL);
    const file = join(cluster.workDir, 'slurm-config.json');
    await writeFile(file, JSON.stringify(config));
    const own = (path: string): Promise<void> => chown(path, cluster.uid, cluster.gid);
    await own(file);
    const [command = '', ...words] = cluster.userPrefix;
    const world = await startWorld({
      ...{ backend: 'slurm', binary, own, queues: [QUEUE, QUEUE], site: { cluster, wrappers } },
      runs: join(cluster.workDir, 'runs'),
      jobsIn: (dir) => liveJobs(cluster, dir),
      worker: (_index, queue, address, _dir, shim) => {
        const env = { PATH: `${wrappers.path}:/usr/local/bin:/usr/bin:/bin`, ...shim?.env };
        const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
        return {
          command,
          before: [...words, ...given, process.execPath],
          args: ['worker', 'slurm', '--slurm-config', file, '--task-queue', queue, '--address', address],
          env: process.env,
        };
      },
    });
    return {
      ...world,
      stop: async () => {
        await world.stop();
        await cluster.down();
      },
    };
  } catch (error) {
    await cluster.down();
    throw error;
  }
};
