/** A cluster in memory that runs what it is given: each job is a process of this machine, started at once. */
import { spawn } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { inject } from 'vitest';
import type { CommandEnd } from '../../src/executors/slurm/commands/sbatch.js';
import { createSlurmBackend } from '../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../src/executors/slurm/options/config.js';
import { configText } from '../executors/slurm/config-text.js';
import { FakeCluster, said } from '../executors/slurm/fake-cluster.js';
import { startHarness, type Harness } from './harness.js';

export class RunningCluster extends FakeCluster {
  readonly scripts: string[] = [];
  private readonly kill: ((state: string) => void)[] = [];

  constructor() {
    super(() => '');
  }

  override start(
    words: readonly string[],
    files: { stdout: number; stderr: number; stdin?: number },
  ): Promise<CommandEnd> {
    this.calls.push({ command: 'sbatch', args: words });
    const script = readFileSync(files.stdin ?? 0, 'utf8');
    this.scripts.push(script);
    const job = this.addJob(/^#SBATCH --job-name=(.*)$/m.exec(script)?.[1] ?? '');
    const env = { ...process.env, SLURM_JOB_ID: String(job.id) };
    const child = spawn('bash', ['-s'], { env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(script);
    let killed = 'CANCELLED';
    child.once('exit', (code) => {
      job.state = code === 0 ? 'COMPLETED' : code === null ? killed : 'FAILED';
    });
    this.kill.push((state) => {
      killed = state;
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
    });
    writeSync(files.stdout, `${job.id}\n`);
    return Promise.resolve(said(''));
  }

  /** Ends all jobs with their processes, in a state of SLURM's. */
  endJobs(state: string): void {
    for (const kill of this.kill.splice(0)) kill(state);
  }

  /** What the jobs have asked for, an option a line, each once. */
  asked(option: string): string[] {
    const lines = this.scripts.flatMap((script) => script.split('\n'));
    return [...new Set(lines.filter((line) => line.startsWith(`#SBATCH --${option}=`)))];
  }
}

export interface ClusterGround {
  cluster: RunningCluster;
  harness: Harness;
}

/** Server, workers and cluster; `changes` of the SLURM configuration. */
export const startClusterGround = async (changes: Record<string, unknown>): Promise<ClusterGround> => {
  const cluster = new RunningCluster();
  const config = parseSlurmConfig(configText(changes));
  const backend = () => createSlurmBackend({ config, user: 'ann', commands: cluster });
  return { cluster, harness: await startHarness({ address: inject('temporal').address, backend }) };
};
