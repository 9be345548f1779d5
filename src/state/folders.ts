/** Folders of a run, with the rights of its files (docs/security.md). */
import { lstat, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, StateCorrupt } from './errors.js';
import { folderMode } from './rights.js';

/** A storage that cannot say is not one where nothing is. */
const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
};

/**
 * As mkdir with `recursive`, with the error of the storage: that one says ENOENT for EIO, ESTALE and EDQUOT, which pass,
 * while ENOENT does not. Once more where a folder above it was missing, whoever has made that one: others make theirs
 * beside it.
 */
const makePath = async (path: string, mode: number, again = true): Promise<void> => {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (await isFolder(path)) return;
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path || !again) throw error;
    await makePath(dirname(path), mode);
    await makePath(path, mode, false);
  }
};

/** Makes a folder of a run, and those above it that are missing; what is there already stays as it is. */
export const makeFolder = (path: string): Promise<void> => makePath(path, folderMode());

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
