import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Batch } from '../../../batch/contract.js';
import { fileTail } from '../../../state/file-tail.js';
import { makeFolder } from '../../../state/folders.js';
import { scrubbedEnvironment, unitShellEnvironment } from '../../environment.js';
import type { HostFiles } from '../folders.js';
import { LOCK_WAIT_S } from '../tunables.js';

/** In the environment of every process of a batch, so that cancel finds those that have left its session. */
export const BATCH_VARIABLE = 'FRACTAL_BATCH';

// Script and units inherit descriptor 9: the lock is free when the last of them has ended. The process id stays the
// same through exec, so it names the script's output files and is its job id.
const WRAPPER = `exec 9>>"$1" && flock --wait ${LOCK_WAIT_S} --exclusive 9 || exit 90
exec bash -- "$2" >>"$3$$.out" 2>>"$3$$.err"`;

export interface Launched {
  /** Of the script: the shell that takes the lock becomes the script. */
  pid: number;
  /** Exit code, or the signal's name; resolves when the script's own process has ended. */
  ended: Promise<number | string>;
}

/**
 * Starts the batch's script in a session of its own, so that it outlives the worker.
 *
 * @throws the system's error when no process can be started.
 */
export const launch = async (batch: Batch, files: HostFiles): Promise<Launched> => {
  await makeFolder(dirname(batch.paths.stdioPrefix));
  const complaints = await open(files.launch, 'w');
  try {
    const child = spawn(
      'bash',
      ['-c', WRAPPER, `fractal-batch ${batch.key}`, files.lock, batch.paths.script, batch.paths.stdioPrefix],
      {
        // The script enters the working folder itself, and can say so when it is not there.
        cwd: '/',
        env: { ...unitShellEnvironment(scrubbedEnvironment(process.env)), [BATCH_VARIABLE]: batch.key },
        detached: true,
        stdio: ['ignore', complaints.fd, complaints.fd],
      },
    );
    const ended = new Promise<number | string>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(code ?? signal ?? 'unknown');
      });
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { pid: child.pid ?? 0, ended };
  } finally {
    await complaints.close();
  }
};

/** The end of a script's stderr, or what the shell that started it had to say; '' when there is nothing. */
export const stderrTail = async (files: string[], lines: number): Promise<string> => {
  const tails = await Promise.all(files.map((file) => fileTail(file, lines)));
  return tails.filter(Boolean).join('\n').split('\n').slice(-lines).join('\n');
};
