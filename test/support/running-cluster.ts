/** A cluster in memory that runs what it is given: each job is a process of this machine, started at once. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { inject } from 'vitest';
import type { CommandEnd } from '../../src/executors/slurm/commands/sbatch.js';
import { createSlurmBackend } from '../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../src/executors/slurm/options/config.js';
import { configText } from '../executors/slurm/config-text.js';
import { FakeCluster, said } from '../executors/slurm/fake-cluster.js';
import { startHarness, type Harness } from './harness.js';
import { kill } from './kill.js';

/** Processes of a session, as a job's are on a node: those of each lane are a group of their own. */
const processesOf = (session: number): number[] =>
  readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state, , , own] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state !== 'Z' && Number(own) === session ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });

/** Until nothing of it is left: what is about to start another process may do so between look and signal. */
const endSession = (session: number): void => {
  for (let ids = processesOf(session); ids.length > 0; ids = processesOf(session))
    for (const id of ids) kill(id);
};

export class RunningCluster extends FakeCluster {
  readonly scripts: string[] = [];
  private living: { id: string; script: string; end: (state: string) => void; lose: () => void }[] = [];

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
    const end = (state: string): void => {
      killed = state;
      if (child.pid !== undefined) endSession(child.pid);
    };
    const lose = (): void => {
      end('NODE_FAIL');
      Object.assign(job, { inQueue: false, account: null });
    };
    this.living.push({ id: String(job.id), script, end, lose });
    writeSync(files.stdout, `${job.id}\n`);
    return Promise.resolve(said(''));
  }

  override ask(command: string, args: readonly string[]): Promise<CommandEnd> {
    if (command === 'scancel')
      for (const { end } of this.take(({ id }) => args.includes(id))) end('CANCELLED');
    return super.ask(command, args);
  }

  /** Ends jobs with their processes, in a state of SLURM's: all, or those of the runs below a folder. */
  endJobs(state: string, folder = ''): void {
    for (const { end } of this.take(({ script }) => script.includes(folder))) end(state);
  }

  /** Forgets them besides: neither queue nor accounts know of them any more. */
  loseJobs(folder = ''): void {
    for (const { lose } of this.take(({ script }) => script.includes(folder))) lose();
  }

  private take(wanted: (job: { id: string; script: string }) => boolean) {
    const taken = this.living.filter(wanted);
    this.living = this.living.filter((job) => !taken.includes(job));
    return taken;
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
