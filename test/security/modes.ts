/** Modes of files and folders, as tests compare them. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A umask for what `work` starts, before it returns. */
export const withUmask = <T>(umask: number, work: () => T): T => {
  const before = process.umask(umask);
  try {
    return work();
  } finally {
    process.umask(before);
  }
};

export interface Entry {
  /** From the folder that was asked for on. */
  path: string;
  folder: boolean;
  /** Octal, with setgid. */
  mode: string;
  gid: number;
}

/** All files and folders below `root`, and itself. */
export const entriesIn = async (root: string): Promise<Entry[]> => {
  const names = ['', ...(await readdir(root, { recursive: true }))];
  const entries = names.map(async (path): Promise<Entry> => {
    const about = await lstat(join(root, path));
    const mode = (about.mode & 0o7777).toString(8).padStart(4, '0');
    return { path, folder: about.isDirectory(), mode, gid: about.gid };
  });
  return Promise.all(entries);
};

/** Those whose mode is none of these: what a task itself has written is left out. */
export const others = (entries: readonly Entry[], file: string, folder: string): string[] =>
  entries
    .filter((entry) => !entry.path.endsWith('-metadiff.json'))
    .filter((entry) => entry.mode !== (entry.folder ? folder : file))
    .map(({ mode, path }) => `${mode} ${path}`);
