import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireWorkerLock } from '../../../src/executors/local/index.js';
import { WorkerAlreadyRunning } from '../../../src/executors/local/worker-lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-worker-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('refuses a second worker of the same queue on this host, until the first has ended', async () => {
  const lock = await acquireWorkerLock({ stateDir: folder, queue: 'q' });
  const second = acquireWorkerLock({ stateDir: folder, queue: 'q' });
  await expect(second).rejects.toThrow(WorkerAlreadyRunning);
  await expect(acquireWorkerLock({ stateDir: folder, queue: 'q' })).rejects.toThrow(`process ${process.pid}`);
  const other = await acquireWorkerLock({ stateDir: folder, queue: 'another/queue' });
  await lock.release();
  await (await acquireWorkerLock({ stateDir: folder, queue: 'q' })).release();
  await other.release();
});

it('is free again when a worker is killed', async () => {
  const module = fileURLToPath(new URL('../../../src/executors/local/index.ts', import.meta.url));
  const program = join(folder, 'worker.mts');
  await writeFile(
    program,
    `import { acquireWorkerLock } from ${JSON.stringify(module)};
     await acquireWorkerLock({ stateDir: ${JSON.stringify(folder)}, queue: 'q' });
     process.send?.('held');
     setInterval(() => undefined, 1000);`,
  );
  const worker = fork(program, { execArgv: ['--import', 'tsx'], cwd: process.cwd() });
  await once(worker, 'message');
  await expect(acquireWorkerLock({ stateDir: folder, queue: 'q' })).rejects.toThrow(
    `process ${String(worker.pid)}`,
  );
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  await (await acquireWorkerLock({ stateDir: folder, queue: 'q' })).release();
});
