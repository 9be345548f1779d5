/** Folders of a run, with the rights of its files (docs/security.md). */
import { lstat, mkdir, open } from 'node:fs/promises';
import { StateCorrupt } from './errors.js';
import { folderMode } from './rights.js';

/** Makes a folder of a run, and those above it that are missing; what is there already stays as it is. */
export const makeFolder = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: folderMode() });
};

/**
 * As `makeFolder`, for one in a run's directory into which only the runner writes.
 *
 * @throws StateCorrupt when a symbolic link stands there: its files would be written elsewhere.
 */
export const makeInnerFolder = async (path: string): Promise<void> => {
  await makeFolder(path);
  if (!(await lstat(path)).isSymbolicLink()) return;
  throw new StateCorrupt(path, 'is a symbolic link, and files of a run are written into no link: remove it');
};

/** Makes what was linked or renamed in a folder survive a loss of power. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
