/** `doctor slurm`, the real program as the cluster's user. */
import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeOnCluster } from './on-cluster.js';
import { runDoctor } from './run-doctor.js';
import { siteConfig } from './slurm-worker.js';

describeOnCluster('doctor on a real cluster', {}, (cluster) => {
  it('finds nothing wrong where runs work, and leaves nothing behind', async () => {
    const dir = join(cluster().workDir, 'runs here');
    await mkdir(dir);
    await chown(dir, cluster().uid, cluster().gid);
    const { stdout, stderr, exitCode } = await runDoctor(cluster(), siteConfig(), dir);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok +sbatch: slurm-wlm/m);
    expect(stdout).toMatch(/^warning +accounting: off/m);
    expect(stdout).toMatch(/^ok +default_slurm_config: partition normal is up$/m);
    expect(stdout).toMatch(/^ok +default_slurm_config: a job is taken/m);
    expect(stdout).toMatch(/^ok +default_slurm_config: the largest job would be taken$/m);
    expect(stdout).toContain(`ok       ${dir}: node ${cluster().nodes[0]} sees it and writes there (bash`);
    expect(await readdir(dir)).toEqual([]);
    const jobs = await cluster().asUser(['squeue', '-h', '-t', 'pending,running', '-u', cluster().user]);
    expect(jobs.stdout).toBe('');
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['memory by CPU', {}, { use_mem_per_cpu: true }],
    ['no memory option at all', { memory_option: 'none' }, {}],
    ['one node, a list of partitions', {}, { nodes: 1, partition: 'normal,low' }],
    ['a login shell, no memory', { login_shell: true }, { mem: null }],
  ])('finds nothing wrong at a site with %s', async (_, runner, options) => {
    const dir = join(cluster().workDir, 'kinds of sites');
    await mkdir(dir, { recursive: true });
    await chown(dir, cluster().uid, cluster().gid);
    const { stdout, exitCode } = await runDoctor(cluster(), siteConfig(runner, options), dir);
    expect(stdout).not.toMatch(/^problem/m);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${dir}: node ${cluster().nodes[0]} sees it and writes there`);
  });

  it("tries the configuration's own lines: what SLURM refuses of them, and what fails on a node", async () => {
    const dir = join(cluster().workDir, 'lines');
    await mkdir(dir);
    await chown(dir, cluster().uid, cluster().gid);
    const refused = siteConfig({}, { extra_lines: ['#SBATCH --ntasks-per-node=2'] });
    const first = await runDoctor(cluster(), refused, dir);
    expect(first.exitCode).toBe(1);
    expect(first.stdout).toMatch(
      /^problem +default_slurm_config: a job of the usual size is refused: .*not available/m,
    );
    const failing = siteConfig({}, { extra_lines: ['module-of-nobody load x'] });
    const second = await runDoctor(cluster(), failing, dir);
    expect(second.exitCode).toBe(1);
    expect(second.stdout).toMatch(
      /^problem +a line of extra_lines fails on .*module-of-nobody: command not found/m,
    );
  });

  it('says what is wrong and what to do, and ends with 1', async () => {
    const config = siteConfig({}, { partition: 'nowhere', mem: '1000G' });
    const { stdout, exitCode } = await runDoctor(cluster(), config, '/root');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^problem +default_slurm_config: .*no partition nowhere -> choose among normal/m);
    expect(stdout).toMatch(/^problem +\/root: EACCES.* -> give a folder/m);
  });
});
