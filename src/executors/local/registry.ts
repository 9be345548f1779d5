import { readdir } from 'node:fs/promises';
import { errorCode } from '../../state/errors.js';
import { readIfThere } from '../../state/files.js';
import { batchesFolder, hostFiles, type HostFiles } from './folders.js';

/** What a worker that starts anew must know of a batch. */
export interface BatchEntry {
  key: string;
  run_uuid: string;
  lanes: number;
  /** The batch's owner file: there as soon as its script has begun. */
  owner: string;
  boot_id: string;
  registered_ms: number;
}

/** The batches that were registered on this host and queue, oldest first. */
export const readEntries = async (
  stateDir: string,
  queue: string,
): Promise<{ entry: BatchEntry; files: HostFiles }[]> => {
  const keys = await folders(batchesFolder(stateDir, queue));
  const found = await Promise.all(
    keys.map(async (key) => {
      const files = hostFiles(stateDir, queue, key);
      const text = await readIfThere(files.entry);
      return text === null ? null : { entry: JSON.parse(text) as BatchEntry, files };
    }),
  );
  return found
    .filter((item) => item !== null)
    .sort((a, b) => a.entry.registered_ms - b.entry.registered_ms || (a.entry.key < b.entry.key ? -1 : 1));
};

const folders = async (path: string): Promise<string[]> => {
  try {
    return await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
};
