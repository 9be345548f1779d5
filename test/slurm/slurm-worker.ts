/** A SLURM worker as a site runs it: the real program, as an unprivileged user, on a real cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunHandle } from '../../src/client/index.js';
import { startHarness } from '../support/harness.js';
import { until } from '../support/until.js';
import type { Cluster } from './cluster.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'dist', 'cli', 'main.js');

export interface SlurmWorker {
  /** A folder on the cluster that belongs to its user. */
  folder(): Promise<string>;
  start(request: Record<string, unknown>, workflowId?: string): Promise<RunHandle>;
  /** Kills the worker with -9 and starts another; `meanwhile` happens in between. */
  replace(signal?: NodeJS.Signals, meanwhile?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** Quick answers; everything else as a site would have it. */
export const siteConfig = (
  runner: Record<string, unknown> = {},
  slurm: Record<string, unknown> = {},
): unknown => ({
  default_slurm_config: { partition: 'normal', cpus_per_task: 1, mem: 100, time: '10', ...slurm },
  batching_config: {
    target_cpus_per_job: 4,
    max_cpus_per_job: 16,
    target_mem_per_job: 4000,
    max_mem_per_job: 64000,
    target_num_jobs: 100,
    max_num_jobs: 1000,
  },
  runner_config: { poll_interval_seconds: 1, late_file_wait_seconds: 0, ...runner },
});

const launch = async (
  cluster: Cluster,
  address: string,
  queue: string,
  config: unknown,
): Promise<ChildProcess> => {
  const file = join(cluster.workDir, `slurm-config-${randomUUID()}.json`);
  await writeFile(file, JSON.stringify(config));
  await chown(file, cluster.uid, cluster.gid);
  const [command = '', ...words] = cluster.userPrefix;
  const worker = [process.execPath, program, 'worker', 'slurm', '--slurm-config', file];
  const child = spawn(command, [...words, ...worker, '--task-queue', queue, '--address', address], {
    cwd: cluster.workDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()));
  await until('the SLURM worker', () => {
    if (child.exitCode !== null) throw new Error(`the SLURM worker ended:\n${said}`);
    return said.includes('Ready');
  });
  return child;
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
};

/** Starts a workflow worker in this process and a SLURM worker of the cluster's user on a queue of its own. */
export const startSlurmWorker = async (
  cluster: Cluster,
  address: string,
  config: unknown = siteConfig(),
): Promise<SlurmWorker> => {
  const harness = await startHarness({ address, activities: false });
  let child = await launch(cluster, address, harness.activityQueue, config);
  return {
    folder: async () => {
      const dir = await mkdtemp(join(cluster.workDir, 'run-'));
      await chown(dir, cluster.uid, cluster.gid);
      return dir;
    },
    start: (request, workflowId) => harness.start({ ...request, backend: 'slurm' }, workflowId),
    replace: async (signal = 'SIGKILL', meanwhile) => {
      await end(child, signal);
      await meanwhile?.();
      child = await launch(cluster, address, harness.activityQueue, config);
    },
    stop: async () => {
      await end(child, 'SIGTERM');
      await harness.stop();
    },
  };
};
