import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { hostFiles } from '../../src/executors/local/folders.js';
import { batchProcesses, signalProcess } from '../../src/executors/local/process/processes.js';
import { describeExecutor } from '../../src/conformance/index.js';

describeExecutor('local', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fractal-conformance-'));
  const state = { stateDir: join(folder, 'state'), queue: 'fractal-local' };
  return {
    createBackend: () => createLocalBackend({ ...state, maxUnits: 2 }),
    folder,
    killProcesses: async ({ batch }) => {
      const files = hostFiles(state.stateDir, state.queue, batch.key);
      for (const pid of await batchProcesses(batch.key, files.lock)) signalProcess(pid, 'SIGKILL');
    },
    // A process id is never the same as that of the script that has begun.
    otherJob: {},
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
