/** A cluster of a few lines in memory, with the words of the real commands; counts what it is asked. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch, ExecutorContext } from '../../../src/batch/contract.js';
import type { SlurmCommands } from '../../../src/executors/slurm/commands/commands.js';
import type { SlurmResources } from '../../../src/executors/slurm/options/resources.js';
import type { CommandEnd } from '../../../src/executors/slurm/commands/sbatch.js';

export interface FakeJob {
  id: number;
  name: string;
  state: string;
  reason: string;
  node: string;
  /** What accounting says, where it differs; null: accounting has nothing. */
  account: string | null;
  exit: string;
  inQueue: boolean;
}

export const said = (stdout: string, exitCode = 0, stderr = ''): CommandEnd => ({
  ...{ exitCode, stdout, stderr },
  cutShort: null,
});

type Answer = CommandEnd | null;

export class FakeCluster implements SlurmCommands {
  jobs: FakeJob[] = [];
  calls: { command: string; args: readonly string[] }[] = [];
  /** Answers in place of the cluster's own, by command; null: its own. */
  override: (command: string, args: readonly string[]) => Answer = () => null;
  /** What sbatch does in place of taking the job; `taken`: the job is there all the same. */
  sbatch: () => (CommandEnd & { taken: boolean }) | null = () => null;
  accounting = true;
  /** How long a command takes to answer. */
  delayMs: (command: string) => number = () => 0;
  /** What sinfo shows, `partition|limit|cpus|mem|state|node` a line; null: it gives no answer. */
  nodes: string | null = null;
  private nextId = 1;

  constructor(private readonly nameOf: (words: readonly string[]) => string) {}

  count(command: string): number {
    return this.calls.filter((call) => call.command === command).length;
  }

  addJob(name: string, change: Partial<FakeJob> = {}): FakeJob {
    const job = {
      id: this.nextId++,
      name,
      state: 'RUNNING',
      reason: 'None',
      node: 'n1',
      account: '',
      exit: '0:0',
      inQueue: true,
      ...change,
    };
    this.jobs.push(job);
    return job;
  }

  ask(command: string, args: readonly string[]): Promise<CommandEnd> {
    this.calls.push({ command, args });
    const answer = this.override(command, args) ?? this.answer(command, args);
    const ms = this.delayMs(command);
    return ms === 0 ? Promise.resolve(answer) : sleep(ms, answer);
  }

  start(words: readonly string[], files: { stdout: number; stderr: number }): Promise<CommandEnd> {
    this.calls.push({ command: 'sbatch', args: words });
    const special = this.sbatch();
    const job = special === null || special.taken ? this.addJob(this.nameOf(words)) : null;
    if (special !== null) {
      writeSync(files.stdout, special.stdout);
      writeSync(files.stderr, special.stderr);
      return Promise.resolve({ ...special, stdout: '', stderr: '' });
    }
    writeSync(files.stdout, `${String(job?.id)}\n`);
    return Promise.resolve(said(''));
  }

  private answer(command: string, args: readonly string[]): CommandEnd {
    const byId = (id: string | undefined) => this.jobs.find((job) => String(job.id) === id);
    switch (command) {
      case 'squeue':
        return said(
          this.jobs
            .filter(({ inQueue }) => inQueue)
            .map(({ id, state, reason, node, name }) => `${id}|${state}|${reason}|${node}|${name}\n`)
            .join(''),
        );
      case 'sacct':
        if (!this.accounting) return said('', 1, 'Slurm accounting storage is disabled\n');
        return said(
          this.jobs
            .filter(({ account }) => account !== null)
            .map(({ id, state, account, exit, node, name }) => {
              const shown = account === '' ? state : String(account);
              return `${id}|${shown}|${exit}|7|00:01.000|2048K|100M|60|2026-01-01T00:00:00|${node}|${name}\n`;
            })
            .join(''),
        );
      case 'sinfo':
        return this.nodes === null
          ? said('', 1, 'slurm_load_partitions: Unable to contact slurm controller (connect failure)\n')
          : said(this.nodes);
      case 'scancel': {
        for (const job of args.map(byId))
          if (job !== undefined) Object.assign(job, { state: 'CANCELLED', reason: 'None' });
        return said('');
      }
      case 'scontrol': {
        if (args[1] === 'config') return said('ClusterName = fake\nMessageTimeout = 0 sec\n');
        if (args[0] === 'update') return said('');
        if (args[0] === 'hold' || args[0] === 'release') {
          const held = byId(args[1]);
          if (held?.state !== 'PENDING') return said('', 1, 'Job is no longer pending execution\n');
          held.reason = args[0] === 'hold' ? 'JobHeldUser' : 'None';
          return said('');
        }
        const job = byId(args[2]);
        if (job?.inQueue !== true) return said('', 1, 'slurm_load_jobs error: Invalid job id specified\n');
        return said(`JobId=${job.id} JobName=${job.name}\n JobState=${job.state} Reason=None ExitCode=0:0\n`);
      }
      default:
        return said('', 127, `${command}: command not found\n`);
    }
  }
}

/** What a layout decides when nobody asks for anything special. */
export const fakeResources: SlurmResources = {
  ...{ partition: null, cpus_per_unit: 1, mem_mb_per_unit: 100, constraint: null, gres: null, gpus: null },
  ...{ time: null, account: null, nodelist: null, exclude: null },
  ...{ extra_lines: [], exports: {}, worker_init: null, needs_gpu: false },
};

/** A batch in a folder of its own; `remove` deletes it. */
export const fakeBatch = async (
  change: Partial<Batch> = {},
): Promise<{ batch: Batch; dir: string; remove(): Promise<void> }> => {
  const dir = await mkdtemp(join(tmpdir(), 'fractal-slurm-fake-'));
  await mkdir(join(dir, '0_task'));
  const base = join(dir, 'k-1');
  await writeFile(`${base}.units`, '0\tpar-000000-0000000\t{}\n');
  const batch: Batch = {
    key: 'k-1',
    jobName: 'run.task.k-1',
    comment: 'run, task',
    runUuid: 'u',
    taskDir: join(dir, '0_task'),
    workingDir: dir,
    command: ['true'],
    unitCount: 1,
    lanes: 1,
    avoidNodes: [],
    paths: {
      units: `${base}.units`,
      script: `${base}.sh`,
      intent: `${base}.intent`,
      owner: `${base}.owner`,
      tombstone: `${base}.tombstone`,
      journalPrefix: `${base}-`,
      stdioPrefix: `${base}-`,
    },
    resources: fakeResources,
    ...change,
  };
  return { batch, dir, remove: () => rm(dir, { recursive: true }) };
};

export const newContext = (): ExecutorContext & { notes: string[]; controller: AbortController } => {
  const controller = new AbortController();
  const notes: string[] = [];
  return { signal: controller.signal, note: (line) => notes.push(line), notes, controller };
};
