/**
 * Opens a file or folder of a run without following any link below the run's directory: each step is taken from the open
 * folder before it, so that what is exchanged meanwhile leads nowhere else. (Node has no openat; /proc/self/fd is Linux's.)
 */
import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { errorCode, StorageFailed } from '../../state/errors.js';
import { AT_ONCE } from '../../state/read-file.js';
import { RunFileRefused } from '../errors.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;
const INSIDE = constants.O_RDONLY | constants.O_NOFOLLOW | AT_ONCE;

/** The path of what lies in an open folder. */
export const inFolder = (folder: FileHandle, name: string): string => `/proc/self/fd/${folder.fd}/${name}`;

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');

const opened = async (path: string, flags: number, said: string): Promise<FileHandle | null> => {
  try {
    return await open(path, flags);
  } catch (error) {
    if (isMissing(error)) return null;
    if (errorCode(error) === 'ELOOP')
      throw new RunFileRefused(`${said} is a symbolic link, and links are not followed`);
    if (errorCode(error) === 'ENXIO') throw new RunFileRefused(`${said} is no file`);
    if (['EACCES', 'EPERM'].includes(errorCode(error) ?? ''))
      throw new RunFileRefused(`${said}: the worker may not read it (${String(errorCode(error))})`);
    throw new StorageFailed(said, 'cannot open', error);
  }
};

/** Only what a run has claimed is read: `.runner/run.json` stands in it, as a file. */
const checkIsRun = async (folder: FileHandle, runDir: string): Promise<void> => {
  try {
    if ((await lstat(inFolder(folder, '.runner/run.json'))).isFile()) return;
  } catch (error) {
    if (!isMissing(error)) throw new StorageFailed(runDir, 'cannot look at', error);
  }
  throw new RunFileRefused(`${runDir} is no directory of a run`);
};

/**
 * Opens what is at `parts`; the caller closes it. null while it is not there.
 *
 * @throws RunFileRefused, StorageFailed.
 */
export const openInside = async (runDir: string, parts: readonly string[]): Promise<FileHandle | null> => {
  const top = await opened(runDir, FOLDER, runDir);
  if (top === null)
    throw new RunFileRefused(`${runDir} is not there: it is no directory that this worker sees`);
  let folder = top;
  let said = runDir;
  try {
    await checkIsRun(top, runDir);
    for (const part of parts) {
      said = `${said}/${part}`;
      const next = await opened(inFolder(folder, part), INSIDE, said);
      await folder.close();
      if (next === null) return null;
      folder = next;
    }
    return folder;
  } catch (error) {
    await folder.close().catch(() => undefined);
    throw error;
  }
};
