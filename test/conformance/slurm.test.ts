import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe } from 'vitest';
import { whyNoCluster, startCluster } from '../slurm/cluster.js';
import { backendOn, testConfig } from '../slurm/batches.js';
import { describeExecutor } from '../../src/conformance/index.js';

/** The processes of a job, by the cgroups that SLURM put them into, or else by the id in their environment. */
const jobProcesses = async (jobId: string): Promise<string[]> => {
  const script =
    'grep -lzxF "SLURM_JOB_ID=$1" /proc/[0-9]*/environ 2>/dev/null | while IFS=/ read -r _ _ pid _; do echo "$pid"; done';
  return (await execa('bash', ['-c', script, 'bash', jobId], { reject: false })).stdout
    .split('\n')
    .filter(Boolean);
};

/** `npm run test:conformance:warm`: units are forked from warm interpreters, of a Python that the cluster's user can read. */
const PYTHON = '/usr/bin/python3';
const isWarm = process.env['FRACTAL_CONFORMANCE_WARM'] === '1';

const reason = whyNoCluster();
if (reason !== null)
  console.warn(`executor conformance on slurm: no real cluster here, not tested: ${reason}`);
describe.runIf(reason === null)('on a real cluster', () => {
  describeExecutor(
    isWarm ? 'slurm, warm' : 'slurm',
    async () => {
      const cluster = await startCluster();
      const config = testConfig({ poll_interval_seconds: 0.5, warm_start: isWarm });
      return {
        ...(isWarm ? { python: PYTHON } : {}),
        createBackend: () => backendOn(cluster, config),
        folder: cluster.workDir,
        share: async (path) => {
          await execa('chown', ['-R', `${cluster.user}:`, path]);
        },
        killProcesses: async (_test, handle) => {
          for (const pid of await jobProcesses(handle.jobId)) {
            const conf = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
            if (conf.includes(cluster.confFile)) process.kill(Number(pid), 'SIGKILL');
          }
        },
        otherJob: { SLURM_JOB_ID: '999999' },
        dispose: () => cluster.down(),
      };
    },
    { patienceMs: 90_000 },
  );
});
