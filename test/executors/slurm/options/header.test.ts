import { describe, expect, it } from 'vitest';
import { SubmissionRefused } from '../../../../src/batch/errors.js';
import type { Batch } from '../../../../src/batch/contract.js';
import { slurmHeader } from '../../../../src/executors/slurm/options/header.js';
import type { SlurmResources } from '../../../../src/executors/slurm/options/resources.js';

const resources: SlurmResources = {
  partition: 'main',
  cpus_per_unit: 2,
  mem_mb_per_unit: 3000,
  constraint: 'a&b',
  gres: 'gpu:1',
  gpus: '1',
  time: '1-00:00:00',
  account: 'lab',
  nodelist: 'n[1-2]',
  exclude: 'n9',
  extra_lines: ['module load site', '#SBATCH --hint=nomultithread', 'A=1'],
  exports: { MODELS: "/home/ann/it's here" },
  worker_init: 'source "x y"\necho $HOME',
  needs_gpu: false,
};

const batch = (changes: Partial<Batch> = {}, needs: Partial<SlurmResources> = {}): Batch => ({
  key: 'k-1',
  jobName: 'run.task.k-1',
  comment: 'run "a" \\ # of \'ann\' $(x) é',
  runUuid: 'u',
  taskDir: '/data/run 1/0_task',
  workingDir: '/data/run 1 100%',
  command: ['true'],
  unitCount: 10,
  lanes: 4,
  avoidNodes: [],
  paths: {
    units: '/data/u',
    script: '/data/s',
    intent: '/data/i',
    owner: '/data/o',
    tombstone: '/data/t',
    journalPrefix: '/data/j-',
    stdioPrefix: '/data/run 1 100%/0_task/par-slurm-',
  },
  resources: { ...resources, ...needs },
  ...changes,
});

describe('slurmHeader', () => {
  it('has every line in its order', () => {
    expect(slurmHeader(batch())).toEqual([
      '#SBATCH --partition=main',
      '#SBATCH --nodes=1',
      '#SBATCH --ntasks=4',
      '#SBATCH --cpus-per-task=2',
      '#SBATCH --mem=12000M',
      '#SBATCH --job-name=run.task.k-1',
      `#SBATCH --comment="run \\"a\\" \\\\ # of 'ann' $(x) é"`,
      '#SBATCH --constraint="a&b"',
      '#SBATCH --gres=gpu:1',
      '#SBATCH --gpus=1',
      '#SBATCH --time=1-00:00:00',
      '#SBATCH --account=lab',
      '#SBATCH --nodelist="n[1-2]"',
      '#SBATCH --exclude=n9',
      '#SBATCH --hint=nomultithread',
      '#SBATCH --no-requeue',
      '#SBATCH --open-mode=append',
      '#SBATCH --error="/data/run 1 100%%/0_task/par-slurm-%j.err"',
      '#SBATCH --output="/data/run 1 100%%/0_task/par-slurm-%j.out"',
      '#SBATCH --chdir="/data/run 1 100%"',
      'module load site',
      'A=1',
      `export MODELS='/home/ann/it'"'"'s here'`,
      'source "x y"',
      'echo $HOME',
    ]);
  });

  it('asks for no more than the units of the batch need', () => {
    const lines = slurmHeader(batch({ unitCount: 3 }));
    expect(lines).toContain('#SBATCH --ntasks=3');
    expect(lines).toContain('#SBATCH --mem=9000M');
  });

  it('leaves out what nobody asked for', () => {
    const none = {
      constraint: null,
      gres: null,
      gpus: null,
      time: null,
      account: null,
      nodelist: null,
      exclude: null,
    };
    const lines = slurmHeader(
      batch({}, { ...none, partition: null, extra_lines: [], exports: {}, worker_init: null }),
    );
    expect(
      lines.filter((line) => /partition|constraint|gres|gpus|time|account|nodelist|exclude/.test(line)),
    ).toEqual([]);
    expect(lines.at(-1)).toMatch(/^#SBATCH --chdir=/);
  });

  it('avoids nodes on which an earlier try died', () => {
    expect(slurmHeader(batch({ avoidNodes: ['n3', 'n9', 'n3'] }))).toContain('#SBATCH --exclude=n9,n3');
    expect(slurmHeader(batch({ avoidNodes: ['n3'] }, { exclude: null }))).toContain('#SBATCH --exclude=n3');
  });

  it('is above all other lines, so that sbatch reads it', () => {
    const lines = slurmHeader(batch());
    const firstOther = lines.findIndex((line) => !line.startsWith('#SBATCH'));
    expect(lines.slice(firstOther).some((line) => line.startsWith('#SBATCH'))).toBe(false);
  });

  it.each(['', 'a b', 'a;b', 'ä', 'x'.repeat(181), 'a\n'])('refuses the job name %j', (jobName) => {
    expect(() => slurmHeader(batch({ jobName }))).toThrow(SubmissionRefused);
  });

  it.each(['/data/a\\b', '/data/a\nb', '/data/\u0007'])('refuses the working directory %j', (workingDir) => {
    expect(() => slurmHeader(batch({ workingDir }))).toThrow(/no backslash and no control character/);
  });
});

describe('memory', () => {
  const lines = (needs: Partial<SlurmResources>): string[] =>
    slurmHeader(batch({}, needs)).filter((line) => line.includes('--mem'));

  it.each<[Partial<SlurmResources>, string[]]>([
    [{}, ['#SBATCH --mem=12000M']],
    [{ memory_option: 'mem-per-cpu' }, ['#SBATCH --mem-per-cpu=1500M']],
    [{ memory_option: 'mem-per-cpu', mem_mb_per_unit: 3001 }, ['#SBATCH --mem-per-cpu=1501M']],
    [{ memory_option: 'none' }, []],
    [{ mem_mb_per_unit: null }, []],
    [{ mem_mb_per_unit: null, memory_option: 'mem-per-cpu' }, []],
  ])('%j is asked for with %j', (needs, expected) => {
    expect(lines(needs)).toEqual(expected);
  });
});
