/** How much is left on the file systems that hold run folders, looked at now and then. */
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RUN_FOLDERS_EVERY_MS } from './tunables.js';

export interface RunFolders {
  /** A run lies there. */
  add(dir: string): void;
  start(): void;
  stop(): void;
}

/** The highest folder above `dir` on the same file system. */
export const mountOf = async (dir: string): Promise<string> => {
  const { dev } = await stat(dir);
  const parent = dirname(dir);
  if (parent === dir || (await stat(parent)).dev !== dev) return dir;
  return mountOf(parent);
};

/**
 * @param free told, for each file system, what an unprivileged user may still take.
 */
export const createRunFolders = (
  free: (mount: string, bytes: number, inodes: number) => void,
): RunFolders => {
  /** One folder for each mount: as many as the host has, however many runs. */
  const folders = new Map<string, string>();
  /** What hangs is not asked again: each question holds one of the process's few threads. */
  const asked = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  const look = async (mount: string, dir: string): Promise<void> => {
    if (asked.has(mount)) return;
    asked.add(mount);
    try {
      const { bavail, bsize, ffree } = await statfs(dir);
      free(mount, bavail * bsize, ffree);
    } catch {
      // The folder was removed, or its storage is away: the activities tell of that.
      folders.delete(mount);
    } finally {
      asked.delete(mount);
    }
  };
  const add = async (dir: string): Promise<void> => {
    if (asked.has(dir)) return;
    asked.add(dir);
    try {
      const mount = await mountOf(dir);
      const isNew = !folders.has(mount);
      folders.set(mount, dir);
      if (isNew) await look(mount, dir);
    } catch {
      // Not there yet, or not any more.
    } finally {
      asked.delete(dir);
    }
  };
  return {
    add: (dir) => void add(dir),
    start: () => {
      timer ??= setInterval(() => {
        for (const [mount, dir] of folders) void look(mount, dir);
      }, RUN_FOLDERS_EVERY_MS).unref();
    },
    stop: () => {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
};
