/** `npx vitest run conformance.test.ts`: the suite that every backend of fractal-temporal passes; needs `tsp` (Debian: task-spooler). */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { batchProcesses, signalProcess } from 'fractal-temporal/backend';
import { describeExecutor } from 'fractal-temporal/conformance';
import { createTaskSpoolerBackend } from './backend.js';

describeExecutor('task-spooler', async () => {
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
      const env = { ...process.env, TS_SOCKET: join(stateDir, 'socket') };
      await promisify(execFile)('tsp', ['-K'], { env });
      await rm(folder, { recursive: true, force: true });
    },
  };
});
