/** Files on their way to their own name: whoever dies while writing leaves a temporary one that nobody reads. */
import { createHash, randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './folders.js';
import { fileMode } from './rights.js';
import { WRITE_CHUNK_CHARACTERS } from './tunables.js';

/** Text in pieces of any size; it may be read from elsewhere while it is written. */
export type Parts = Iterable<string> | AsyncIterable<string>;

const writeChunks = async (handle: FileHandle, parts: Parts): Promise<string> => {
  const hash = createHash('sha256');
  let chunk = '';
  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(chunk);
    chunk = '';
    hash.update(bytes);
    await handle.appendFile(bytes);
  };
  const fills = (part: string): boolean => {
    chunk += part;
    return chunk.length >= WRITE_CHUNK_CHARACTERS;
  };
  // Apart from each other: to wait for each of 100,000 lines would cost more than to write them.
  if (Symbol.iterator in parts) {
    for (const part of parts) if (fills(part)) await flush();
  } else {
    for await (const part of parts) if (fills(part)) await flush();
  }
  await flush();
  return hash.digest('hex');
};

/**
 * Writes a file under a unique temporary name beside `path`, synced where it is to be `durable`.
 *
 * @returns its path, and the SHA-256 of what was written.
 */
export const writeTemporary = async (
  path: string,
  parts: Parts,
  durable: boolean,
): Promise<{ temporary: string; digest: string }> => {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx', fileMode());
  try {
    const digest = await writeChunks(handle, parts);
    if (durable) await handle.sync();
    return { temporary, digest };
  } catch (error) {
    await unlink(temporary);
    throw error;
  } finally {
    await handle.close();
  }
};
