/** The demo on SLURM: a real cluster of its own, or the one that is there. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCluster, whyNoCluster } from '../../test/slurm/cluster.js';

export interface DemoCluster {
  /** For whatever talks to the cluster. */
  env: Record<string, string>;
  configFile: string;
  stop(): Promise<void>;
}

/** No cluster can be started on this machine; the message says why, and what else there is. */
export class NoDemoCluster extends Error {
  override readonly name = 'NoDemoCluster';
}

/** What the two nodes of the demo's cluster have room for; looks once a second, since nobody else uses it. */
const SLURM_CONFIG = {
  default_slurm_config: { partition: 'normal', cpus_per_task: 1, mem: 1000, time: '30' },
  batching_config: {
    target_cpus_per_job: 2,
    max_cpus_per_job: 16,
    target_mem_per_job: 16_000,
    max_mem_per_job: 64_000,
    target_num_jobs: 10,
    max_num_jobs: 50,
  },
  runner_config: { poll_interval_seconds: 1, late_file_wait_seconds: 0 },
};

/**
 * Start a cluster of two nodes on this machine (Debian, root), its configuration file in `dir`.
 *
 * @throws NoDemoCluster where none can be started.
 */
export const startDemoCluster = async (dir: string, say: (line: string) => void): Promise<DemoCluster> => {
  const reason = whyNoCluster();
  if (reason !== null) {
    throw new NoDemoCluster(
      `No SLURM cluster can be started here: ${reason}. On a machine that submits to a cluster: ` +
        'npm run demo -- --slurm-config FILE --dir FOLDER-THAT-THE-NODES-SEE (docs/slurm.md).',
    );
  }
  say("starting a SLURM cluster of two nodes (Debian's packages are installed first if missing) ...");
  const cluster = await startCluster();
  const configFile = join(dir, 'slurm-config.json');
  await writeFile(configFile, `${JSON.stringify(SLURM_CONFIG, null, 2)}\n`);
  say(`SLURM is up; to look at it: SLURM_CONF=${cluster.confFile} squeue`);
  return { env: { SLURM_CONF: cluster.confFile }, configFile, stop: () => cluster.down() };
};
