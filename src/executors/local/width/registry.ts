import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { errorCode } from '../../../state/errors.js';
import { readIfThere } from '../../../state/files.js';
import { batchesFolder, hostFiles, type HostFiles } from '../folders.js';

const schema = z.object({
  key: z.string(),
  run_uuid: z.string(),
  lanes: z.number(),
  /** What a lane takes; absent from what releases before 0.3 have registered. */
  cost: z.object({ units: z.number(), cpus: z.number(), mem_mb: z.number(), gpus: z.number() }).optional(),
  /** The batch's owner file: there as soon as its script has begun. */
  owner: z.string(),
  boot_id: z.string(),
  registered_ms: z.number(),
});

/** What a worker that starts anew must know of a batch. */
export type BatchEntry = z.output<typeof schema>;

export interface RegisteredBatch {
  key: string;
  files: HostFiles;
  /** null: its file is damaged (empty after a loss of power). */
  entry: BatchEntry | null;
}

const parseEntry = (text: string, key: string): BatchEntry | null => {
  try {
    const entry = schema.parse(JSON.parse(text));
    return entry.key === key ? entry : null;
  } catch {
    return null;
  }
};

const folders = async (path: string): Promise<string[]> => {
  try {
    return await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
};

/** The batches that were registered on this host and queue, oldest first, damaged ones at the end. */
export const readEntries = async (stateDir: string, queue: string): Promise<RegisteredBatch[]> => {
  const keys = await folders(batchesFolder(stateDir, queue));
  const found = await Promise.all(
    keys.map(async (key) => {
      const files = hostFiles(stateDir, queue, key);
      const text = await readIfThere(files.entry);
      return text === null ? null : { key, files, entry: parseEntry(text, key) };
    }),
  );
  const since = ({ entry }: RegisteredBatch): number => entry?.registered_ms ?? Infinity;
  return found
    .filter((item) => item !== null)
    .sort((a, b) => (since(a) < since(b) ? -1 : since(a) > since(b) ? 1 : a.key < b.key ? -1 : 1));
};
