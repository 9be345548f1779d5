/** A site whose own plugin refuses every job that asks for memory: what doctor says, and a run once the site is told so. */
import { appendFile, chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import { makeRequest } from '../support/scripted-requests.js';
import { runDoctor } from './run-doctor.js';
import { until } from '../support/until.js';
import { describeOnCluster } from './on-cluster.js';
import { siteConfig, startSlurmWorker, type SlurmWorker } from './slurm-worker.js';

/** https://slurm.schedmd.com/job_submit_plugins.html: what is not asked for is nil. */
const PLUGIN = `
function slurm_job_submit(job, partitions, uid)
  if job.min_mem_per_node ~= nil or job.min_mem_per_cpu ~= nil then
    slurm.log_user("memory is shared out by cores on this cluster, do not use --mem")
    return slurm.ERROR
  end
  return slurm.SUCCESS
end
function slurm_job_modify() return slurm.SUCCESS end
return slurm.SUCCESS
`;

describeOnCluster('a site that forbids --mem', {}, (cluster) => {
  const workers: SlurmWorker[] = [];
  beforeAll(async () => {
    const { confFile, stopDaemon, startDaemon } = cluster();
    await writeFile(join(dirname(confFile), 'job_submit.lua'), PLUGIN);
    await appendFile(confFile, 'JobSubmitPlugins=lua\n');
    await stopDaemon('slurmctld');
    await startDaemon('slurmctld');
    await until('both nodes to be back', async () => {
      const { stdout } = await cluster().asRoot(['sinfo', '-h', '-N', '-p', 'normal', '-o', '%t']);
      return stdout.split('\n').join(' ') === 'idle idle';
    });
  });
  afterAll(() => Promise.all(workers.map((worker) => worker.stop())));

  const allowed = siteConfig({ memory_option: 'none' });

  it('doctor names the option that leaves memory out, and finds nothing wrong with it', async () => {
    const dir = join(cluster().workDir, 'runs');
    await mkdir(dir);
    await chown(dir, cluster().uid, cluster().gid);
    const refused = await runDoctor(cluster(), siteConfig(), dir);
    // What a plugin says may pass, as far as sbatch's own words go.
    expect(refused.stdout).toMatch(
      /^warning +default_slurm_config: a job could not be tried: .*do not use --mem.*-> .*set memory_option in runner_config/m,
    );
    const { stdout, exitCode } = await runDoctor(cluster(), allowed, dir);
    expect(stdout).not.toMatch(/^problem|could not be tried/m);
    expect(exitCode).toBe(0);
  });

  it('a run is refused in the words of the site, and done once memory is left out', async () => {
    const runWith = async (config: unknown): Promise<RunHandle> => {
      const worker = await startSlurmWorker(cluster(), inject('temporal').address, config);
      workers.push(worker);
      const dir = await worker.folder();
      const tasks = [{ type: 'parallel' as const, meta: { mem: 200 } }];
      return worker.start(makeRequest({ dir, tasks, images: ['a', 'b'] }));
    };
    const impatient = siteConfig({ unclear_refusal_patience_seconds: 3 });
    await expect((await runWith(impatient)).result()).rejects.toThrow(/do not use --mem/);
    expect((await (await runWith(allowed)).result()).status).toBe('done');
  });
});
