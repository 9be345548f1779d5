import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { hostFiles } from '../../src/executors/local/folders.js';
import { batchProcesses, signalProcess } from '../../src/executors/local/process/processes.js';
import { describeExecutor } from '../../src/conformance/index.js';
import { until } from '../support/until.js';
import { python, serverProcesses } from '../warm/warm-scripts.js';

describeExecutor('local, warm', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fractal-conformance-'));
  const state = { stateDir: join(folder, 'state'), queue: 'fractal-local' };
  return {
    createBackend: () =>
      createLocalBackend({ ...state, maxUnits: 2, warmStart: true, warmCache: join(folder, 'cache') }),
    folder,
    python,
    killProcesses: async ({ batch }) => {
      const files = hostFiles(state.stateDir, state.queue, batch.key);
      for (const pid of await batchProcesses(batch.key, files.lock)) signalProcess(pid, 'SIGKILL');
    },
    otherJob: {},
    dispose: async () => {
      await until('no process of a server', async () => {
        const pids = await serverProcesses(folder);
        for (const pid of pids) signalProcess(pid, 'SIGKILL');
        return pids.length === 0;
      });
      await rm(folder, { recursive: true, force: true });
    },
  };
});
