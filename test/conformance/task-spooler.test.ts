import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { describe } from 'vitest';
import { createTaskSpoolerBackend } from '../../examples/task-spooler/backend.js';
import { batchProcesses, signalProcess } from '../../src/executors/local/processes.js';
import { installScript, whyNoCluster } from '../slurm/cluster.js';
import { describeExecutor } from './executor-suite.js';

const canInstall = whyNoCluster() === null;
const isInstalled = execaSync('tsp', ['-V'], { reject: false }).exitCode === 0;
if (!canInstall && !isInstalled) console.warn('executor conformance: no tsp here, task-spooler not tested');

describe.runIf(isInstalled || canInstall)('as an example', () => {
  describeExecutor('task-spooler', async () => {
    if (!isInstalled) await execa(installScript, ['task-spooler']);
    const folder = await mkdtemp(join(tmpdir(), 'fractal-tsp-'));
    const stateDir = join(folder, 'queue');
    return {
      createBackend: () => createTaskSpoolerBackend({ stateDir, slots: 2 }),
      folder,
      killProcesses: async ({ batch }) => {
        const pids = await batchProcesses(batch.key, join(stateDir, `${batch.key}.lock`));
        for (const pid of pids) signalProcess(pid, 'SIGKILL');
      },
      otherJob: { FT_JOB: 'anotherjob' },
      dispose: async () => {
        await execa('tsp', ['-K'], { env: { TS_SOCKET: join(stateDir, 'socket') }, reject: false });
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
});
