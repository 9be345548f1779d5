/**
 * The mark of a pause: while it is there, no batch script of the run starts a further unit (docs/files.md).
 *
 * Marks are made by number, so that an attempt which comes late cannot pause a run again that was resumed since: the mark
 * is a link to the file of its pause, and resuming moves that file away before it removes the mark.
 */
import { access, link, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, StorageFailed } from './errors.js';
import { createExclusive } from './files.js';
import { syncFolder } from './folders.js';
import { pauseMarkPath, pausePath } from './paths.js';

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );

const unless = (code: string) => (error: unknown) => {
  if (errorCode(error) !== code) throw error;
};

const asStorage = async (path: string, doing: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    throw error instanceof StorageFailed ? error : new StorageFailed(path, doing, error);
  }
};

const overPath = (own: string): string => `${own}.over`;

/** Leaves the mark of pause `number`; does nothing once that pause is over. Throws StorageFailed. */
export const leavePauseMark = (runDir: string, number: number): Promise<void> => {
  const own = pausePath(runDir, number);
  const mark = pauseMarkPath(runDir);
  return asStorage(mark, 'cannot create', async () => {
    await createExclusive(own, '');
    if (await isThere(overPath(own))) {
      await unlink(own).catch(unless('ENOENT'));
      return;
    }
    try {
      await link(own, mark);
    } catch (error) {
      // There already: the same pause, or one whose mark could not be removed. Gone: resumed meanwhile.
      if (!['EEXIST', 'ENOENT'].includes(errorCode(error) ?? '')) throw error;
    }
    await syncFolder(dirname(mark));
  });
};

/** Removes the mark of pause `number`, for good. Throws StorageFailed. */
export const removePauseMark = (runDir: string, number: number): Promise<void> => {
  const own = pausePath(runDir, number);
  const mark = pauseMarkPath(runDir);
  return asStorage(mark, 'cannot remove', async () => {
    try {
      await rename(own, overPath(own));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await createExclusive(overPath(own), '');
    }
    await unlink(mark).catch(unless('ENOENT'));
    await syncFolder(dirname(mark));
  });
};
