import { describe, expect, it } from 'vitest';
import { createSlurmBackend } from '../../../src/executors/slurm/backend.js';
import { cannotRun } from '../../../src/executors/slurm/check.js';
import { parseSlurmConfig } from '../../../src/executors/slurm/options/config.js';
import type { SlurmResources } from '../../../src/executors/slurm/options/resources.js';
import { parseNodes } from '../../../src/executors/slurm/commands/sinfo.js';
import { configText } from './config-text.js';
import { FakeCluster, fakeResources } from './fake-cluster.js';

const shown = [
  'main*|2-00:00:00|16|64000|idle|n1',
  'main*|2-00:00:00|32|128000|drain|n2',
  'long|infinite|16|64000|mix|n1',
  'odd|1:00|16+|n/a|idle|n3',
  'a banner of the site',
].join('\n');
const nodes = parseNodes(shown);

const problems = (change: Partial<SlurmResources>): string[] =>
  cannotRun({ ...fakeResources, ...change }, nodes);

describe('cannotRun', () => {
  it.each<[string, Partial<SlurmResources>, RegExp]>([
    ['no such partition', { partition: 'mian' }, /^partition: .*main, long, odd.*"mian"/],
    ['one of two partitions', { partition: 'main,none' }, /"none"/],
    ['too long', { partition: 'main', time: '3-00' }, /^time: .*48 h 0 min \(partition main\), got 3-00/],
    ['too long for the default partition', { time: '3-00' }, /^time: .*partition main/],
    ['too much memory', { mem_mb_per_unit: 128_001 }, /^mem: expected at most 128000 MB/],
    ['too many CPUs', { partition: 'long', cpus_per_unit: 17 }, /^cpus_per_task: expected at most 16/],
  ])('%s', (_name, change, words) => {
    expect(problems(change)).toEqual([expect.stringMatching(words)]);
  });

  it.each<[string, Partial<SlurmResources>]>([
    ['as much as the largest node has, down or not', { mem_mb_per_unit: 128_000, cpus_per_unit: 32 }],
    ['as long as the partition allows', { time: '2-00:00:00' }],
    ['no limit of the partition', { partition: 'long', time: '365-00' }],
    ['one of the partitions has no limit', { partition: 'main,long', time: '3-00' }],
    ['nodes that cannot be read', { partition: 'odd', mem_mb_per_unit: 1e9, cpus_per_unit: 1e6 }],
    ['another partition in a line', { partition: 'mian', extra_lines: ['#SBATCH -p other'] }],
    ['another time in a line', { time: '3-00', extra_lines: ['#SBATCH --time=1'] }],
    ['a QOS in a line', { time: '3-00', extra_lines: ['#SBATCH --qos=long'] }],
    ['other memory in a line', { mem_mb_per_unit: 1e9, extra_lines: ['#SBATCH --mem-per-cpu=1'] }],
  ])('says nothing of %s', (_name, change) => {
    expect(problems(change)).toEqual([]);
  });
});

describe("a backend's check", () => {
  const cluster = new FakeCluster(() => '');
  const check = (runner = {}) =>
    createSlurmBackend({
      config: parseSlurmConfig(configText({ runner_config: runner })),
      user: 'ann',
      commands: cluster,
    }).check?.({ ...fakeResources, partition: 'mian' });

  it('asks sinfo, and says nothing where there is no answer or none is wanted', async () => {
    expect(await check()).toEqual([]);
    cluster.nodes = shown;
    expect(await check()).toEqual([expect.stringMatching(/^partition: /)]);
    expect(await check({ check_partitions: false })).toEqual([]);
  });
});
