/** Reads what units left at their `--out-json` paths, whatever it is. */
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AT_ONCE } from '../../state/read-file.js';
import { errorCode, isPermanent, StorageFailed } from '../../state/errors.js';
import { aside } from '../turns.js';
import { LATE_FILE_LOOK_MS, LARGEST_OUTPUT_BYTES } from '../tunables.js';

/** What stands at the path: its text, nothing (yet), or something that is no output, in words. */
export type LeftOutput =
  { kind: 'text'; text: string } | { kind: 'missing' } | { kind: 'unusable'; why: string };

const unusable = (why: string): LeftOutput => ({ kind: 'unusable', why });

const WORDS: Readonly<Record<string, string>> = {
  ELOOP: 'it is a symbolic link that leads to itself',
  EACCES: 'it cannot be read: no permission',
  EPERM: 'it cannot be read: no permission',
  ENXIO: 'it is a socket or a pipe, not a file',
};

/**
 * Never hangs on a pipe, and never takes what cannot be read for something that may pass.
 *
 * @throws StorageFailed when the storage itself fails.
 */
export const readLeftOutput = async (path: string): Promise<LeftOutput> => {
  try {
    const handle = await open(path, constants.O_RDONLY | AT_ONCE);
    try {
      const about = await handle.stat();
      if (about.isDirectory()) return unusable('it is a folder, not a file');
      if (!about.isFile()) return unusable('it is a pipe or a device, not a file');
      if (about.size > LARGEST_OUTPUT_BYTES)
        return unusable(`it holds ${about.size} bytes; at most ${LARGEST_OUTPUT_BYTES} are read`);
      const bytes = await handle.readFile();
      if (!isUtf8(bytes)) return unusable('it is not UTF-8 text');
      return { kind: 'text', text: bytes.toString('utf8') };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'ENOENT') return { kind: 'missing' };
    if (isPermanent(error)) return unusable(WORDS[code] ?? `it cannot be read (${code})`);
    throw new StorageFailed(path, 'cannot read', error);
  }
};

/**
 * Waits, once for all of them, until files that the node says it has written appear here: a shared folder may show
 * them late. Listing the folder makes an NFS client look again.
 *
 * @returns those that never appeared.
 */
export const awaitLateFiles = async (
  folder: string,
  names: readonly string[],
  waitMs: number,
): Promise<Set<string>> => {
  const missing = new Set(names);
  const deadline = Date.now() + waitMs;
  while (missing.size > 0) {
    let there: Set<string>;
    try {
      there = new Set(await readdir(folder));
    } catch (error) {
      throw new StorageFailed(folder, 'cannot list', error);
    }
    for (const name of missing) if (there.has(name)) missing.delete(name);
    if (missing.size === 0 || Date.now() >= deadline) break;
    await aside(() => sleep(LATE_FILE_LOOK_MS));
  }
  return missing;
};

export const outputName = (stem: string): string => `${stem}-metadiff.json`;

export const outputPath = (taskDir: string, stem: string): string => join(taskDir, outputName(stem));
