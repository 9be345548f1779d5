/** A lock between processes, on a folder; a holder that dies loses it after a few seconds. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { LOCK_STALE_MS, SIGN_OF_LIFE_SECONDS } from './tunables.js';

const RETRY_MS = 200;

/**
 * Runs `action` while holding the lock `name` of `folder` (created if missing). Waits as long as a live process
 * holds it, saying so from time to time.
 *
 * @throws what `action` throws, and file system errors (folder not writable).
 */
export const withFolderLock = async <T>(
  folder: string,
  name: string,
  say: (line: string) => void,
  action: () => Promise<T>,
): Promise<T> => {
  await mkdir(folder, { recursive: true });
  const waiting = setInterval(
    () => say(`waiting for another process that holds ${join(folder, `${name}.lock`)}`),
    SIGN_OF_LIFE_SECONDS * 1_000,
  );
  let release: () => Promise<void>;
  try {
    // Named by the lock, not by the folder: the library knows what this process holds by this path alone, and a process may
    // hold several locks of one folder.
    release = await lockfile.lock(join(folder, name), {
      realpath: false,
      lockfilePath: join(folder, `${name}.lock`),
      stale: LOCK_STALE_MS,
      retries: { forever: true, factor: 1, minTimeout: RETRY_MS, maxTimeout: RETRY_MS },
      // Only after this process was stopped for longer than the lock lives; the rename at the end stays atomic.
      onCompromised: (error) => say(`lost the lock ${name} of ${folder}: ${error.message}`),
    });
  } finally {
    clearInterval(waiting);
  }
  try {
    return await action();
  } finally {
    // A lock that was lost cannot be released.
    await release().catch(() => undefined);
  }
};
