/** The real SLURM backend on a cluster in memory whose nodes are the scripted site. */
import { readFileSync, writeSync } from 'node:fs';
import type { Backend, Batch } from '../../src/batch/contract.js';
import { createSlurmBackend } from '../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../src/executors/slurm/options/config.js';
import type { CommandEnd } from '../../src/executors/slurm/commands/sbatch.js';
import { configText } from '../executors/slurm/config-text.js';
import { FakeCluster, said } from '../executors/slurm/fake-cluster.js';
import type { Ground, WorkerOptions } from './ground.js';
import { operation } from './seam.js';
import type { SitePlay } from './site-play.js';
import { Site, UUID, type SiteJob } from './site.js';

/** The value of an assignment in a script; no value of these runs holds a quote. */
const assigned = (script: string, name: string): string =>
  (new RegExp(`^${name}=(.*)$`, 'm').exec(script)?.[1] ?? '').replaceAll("'", '');

/** What the nodes learn of a batch: nothing but its script. */
const batchOf = (script: string): Batch => {
  const word = (name: string): string => assigned(script, `ft_${name}`);
  return {
    ...{ key: word('key'), comment: '', runUuid: '', workingDir: '', command: [], lanes: 1 },
    jobName: assigned(script, '#SBATCH --job-name'),
    ...{ taskDir: word('task_dir'), unitCount: Number(word('unit_count')), resources: {}, avoidNodes: [] },
    paths: {
      ...{ units: word('units'), owner: word('owner'), tombstone: word('tombstone') },
      ...{ journalPrefix: word('journal_prefix'), script: '', intent: '', stdioPrefix: '' },
    },
  };
};

const shown = ({ id, state, batch }: SiteJob): FakeCluster['jobs'][number] => ({
  ...{ id: Number(id), name: batch.jobName, state },
  ...{ reason: 'None', node: 'n1', account: '', exit: '0:0', inQueue: true },
});

/** One worker's sight of the cluster: each command is an operation, each squeue sees the jobs one step further. */
class SiteCluster extends FakeCluster {
  constructor(private readonly site: Site) {
    super(() => '');
  }

  override ask(command: string, args: readonly string[]): Promise<CommandEnd> {
    return operation(command, () => {
      if (command === 'squeue') for (const job of this.site.live) this.site.step(job);
      if (command === 'scancel')
        for (const job of this.site.live) if (args.includes(job.id)) this.site.cancel(job);
      if (command === 'scontrol' && (args[0] === 'hold' || args[0] === 'release'))
        this.site.hold(String(args[1]), args[0] === 'hold');
      this.jobs = this.site.jobs.map(shown);
      return super.ask(command, args);
    });
  }

  override start(
    _words: readonly string[],
    files: { stdout: number; stderr: number; stdin?: number },
  ): Promise<CommandEnd> {
    return operation('sbatch', () => {
      const batch = batchOf(readFileSync(files.stdin ?? 0, 'utf8'));
      const words = this.site.answer(batch.key);
      if (words !== null) {
        writeSync(files.stderr, `${words}\n`);
        return said('', 1);
      }
      const job = this.site.accept(batch);
      writeSync(files.stdout, `${job.id}\n`);
      return said('');
    });
  }
}

const slurmBackend = (site: Site, { unitsPerBatch, accounting, lateFilesMs }: WorkerOptions): Backend => {
  const cluster = new SiteCluster(site);
  cluster.accounting = accounting ?? true;
  const runner = {
    ...{ poll_interval_seconds: 0.5, sbatch_timeout_seconds: 1, vanish_window_seconds: 10 },
    late_file_wait_seconds: (lateFilesMs ?? 0) / 1000,
  };
  const config = parseSlurmConfig(configText({ runner_config: runner }));
  const backend = createSlurmBackend({ config, user: 'ann', commands: cluster });
  return {
    ...backend,
    layout: (input) => ({
      ...backend.layout(input),
      ...{ unitsPerBatch: Math.max(1, Math.min(unitsPerBatch, input.units)), lanes: 1 },
    }),
  };
};

export const slurmGround = (play: SitePlay): Ground => {
  const site = new Site(play);
  return {
    uuid: UUID,
    nodes: site,
    backend: (worker) => slurmBackend(site, worker),
    virtualTime: true,
    // Accounting is late or is not asked: whether a job's use of resources is known depends on the moment.
    differing: new Set(['elapsed_seconds', 'max_rss_bytes', 'cpu_seconds', 'log_tail']),
  };
};
