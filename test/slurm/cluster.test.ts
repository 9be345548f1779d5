import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, whyNoCluster, type Cluster } from './cluster.js';
import { until } from './until.js';

const reason = whyNoCluster();
if (reason !== null) console.warn(`SLURM tests on a real cluster can't run here: ${reason}`);

describe.runIf(reason === null)('the test cluster', () => {
  let first: Cluster;
  let second: Cluster;

  beforeAll(async () => {
    [first, second] = await Promise.all([startCluster(), startCluster()]);
  });
  afterAll(async () => {
    await Promise.all([first, second].map((cluster) => cluster.down()));
    expect(existsSync(first.dir)).toBe(false);
  });

  it('runs a job of the unprivileged user on each of two clusters side by side', async () => {
    for (const cluster of [first, second]) {
      const submitted = await cluster.asUser([
        'sbatch',
        '--parsable',
        '-o',
        'id.txt',
        '--wrap',
        'id -un; hostname',
      ]);
      expect(submitted).toMatchObject({ exitCode: 0, stdout: '1' });
      await until(async () => {
        const { stdout } = await cluster.asUser(['squeue', '-h', '-t', 'all', '-o', '%T %N']);
        return stdout === `COMPLETED ${cluster.nodes[0]}`;
      });
      expect(await readdir(cluster.workDir)).toEqual(['id.txt']);
      expect((await cluster.asUser(['cat', join(cluster.workDir, 'id.txt')])).stdout).toContain(cluster.user);
    }
  });

  it('kills a node together with the processes of its jobs', async () => {
    const lock = join(first.workDir, 'lock');
    const hold = `exec 9>${lock}; flock 9; echo held >${lock}.held; sleep 600`;
    await first.asUser(['sbatch', '-w', first.nodes[1], '-o', '/dev/null', '--wrap', hold]);
    await until(() => Promise.resolve(existsSync(`${lock}.held`)));
    const isFree = async () => (await first.asUser(['flock', '-n', lock, 'true'])).exitCode === 0;
    await first.killNode(2, { daemonOnly: true });
    expect(await isFree()).toBe(false);
    await first.killNode(2);
    await until(isFree);
  });
});
