import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../../state/files.js';
import { plainShellEnvironment, scrubbedEnvironment } from '../environment.js';
import { queueFolder } from './folders.js';
import { WORKER_LOCK_WAIT_S } from './tunables.js';

/** Another worker serves this queue on this host. */
export class WorkerAlreadyRunning extends Error {
  override readonly name = 'WorkerAlreadyRunning';
}

export interface WorkerLock {
  release(): Promise<void>;
}

const CONFLICT = 75;

const untilHeld = (
  holder: ChildProcessWithoutNullStreams,
  failure: (code: number | string | null) => Promise<Error>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    holder.once('error', reject);
    holder.once('exit', (code, signal) => {
      failure(code ?? signal).then(reject, reject);
    });
    holder.stdout.once('data', () => {
      resolve();
    });
  });

/**
 * Makes this process the only such worker of a queue on this host. The lock is held by a child that lives as long
 * as its stdin is open, so it ends with this process however that ends.
 *
 * @throws WorkerAlreadyRunning when another process has it.
 */
export const acquireWorkerLock = async (options: {
  stateDir: string;
  queue: string;
}): Promise<WorkerLock> => {
  const folder = queueFolder(options.stateDir, options.queue);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'worker.lock');
  const facts = join(folder, 'worker.pid');
  const holder = spawn(
    'flock',
    [
      ...[
        '--exclusive',
        '--wait',
        String(WORKER_LOCK_WAIT_S),
        '--conflict-exit-code',
        String(CONFLICT),
        file,
      ],
      ...['sh', '-c', 'echo held && exec cat'],
    ],
    // A session of its own: Ctrl-C in the worker's terminal must not free the lock before the worker has ended.
    { env: plainShellEnvironment(scrubbedEnvironment(process.env)), detached: true, stdio: 'pipe' },
  );
  await untilHeld(holder, async (code) => {
    const other = (await readIfThere(facts))?.trim() ?? 'unknown';
    return code === CONFLICT
      ? new WorkerAlreadyRunning(
          `a worker for task queue ${options.queue} runs on this host already (process ${other})`,
        )
      : new Error(`flock failed on ${file} (${String(code)})`);
  });
  await writeFile(facts, `${process.pid}\n`);
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout, holder.stderr]) {
    // Pipes of a child have it, the type of a stream does not say so.
    (stream as { unref?: () => void }).unref?.();
  }
  return {
    release: () =>
      new Promise((resolve) => {
        holder.once('exit', () => {
          resolve();
        });
        if (holder.exitCode !== null || holder.signalCode !== null) resolve();
        holder.ref();
        holder.stdin.end();
      }),
  };
};
