/**
 * State files: immutable, a pure function of their inputs, published in one step (docs/files.md).
 *
 * A file is written under a unique temporary name, synced, and linked to its own name: a reader sees the whole
 * file or none, and a second writer of the same content succeeds without writing over it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileReference } from '../wire/failure.js';
import { errorCode, StateCorrupt, StorageFailed } from './errors.js';
import { WRITE_CHUNK_CHARACTERS } from './tunables.js';

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

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

const writeTemporary = async (
  path: string,
  parts: Parts,
  durable: boolean,
): Promise<{ temporary: string; digest: string }> => {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx');
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

/** What the parts themselves could not be read from keeps its own name. */
const cannotWrite = (path: string, error: unknown): Error =>
  error instanceof StateCorrupt || error instanceof StorageFailed
    ? error
    : new StorageFailed(path, 'cannot write', error);

/**
 * Publishes a state file.
 *
 * @param parts the text, in pieces of any size.
 * @throws StateCorrupt when the name is taken by another content, StorageFailed when the storage fails.
 */
export const publishState = async (path: string, parts: Parts): Promise<FileReference> => {
  try {
    const { temporary, digest } = await writeTemporary(path, parts, true);
    try {
      await link(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      const existing = sha256(await readFile(path));
      if (existing !== digest) {
        throw new StateCorrupt(
          path,
          `exists with another content (SHA-256 ${existing}, expected ${digest}): it was edited or damaged`,
        );
      }
    } finally {
      await unlink(temporary);
    }
    return { path, sha256: digest };
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

/** Writes a derived file (a record or a result): whole or not at all, replacing an earlier one. */
export const replaceFile = async (path: string, parts: Parts): Promise<FileReference> => {
  try {
    const { temporary, digest } = await writeTemporary(path, parts, false);
    await rename(temporary, path);
    return { path, sha256: digest };
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

/**
 * Creates a file that must not exist yet, durably; false when it does already.
 *
 * @throws StorageFailed when the storage fails.
 */
export const createExclusive = async (path: string, text: string): Promise<boolean> => {
  try {
    await mkdir(dirname(path), { recursive: true });
    const { temporary } = await writeTemporary(path, [text], true);
    try {
      await link(temporary, path);
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
  } catch (error) {
    throw new StorageFailed(path, 'cannot create', error);
  }
};

/**
 * Reads a state file and checks its digest.
 *
 * @throws StateCorrupt when its bytes are not those that were published, StorageFailed when it cannot be read.
 */
export const readState = async (reference: FileReference): Promise<Buffer> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(reference.path);
  } catch (error) {
    throw new StorageFailed(reference.path, 'cannot read', error);
  }
  const digest = sha256(bytes);
  if (digest !== reference.sha256) {
    throw new StateCorrupt(
      reference.path,
      `its content has changed (SHA-256 ${digest}, expected ${reference.sha256}): it was edited or damaged; ` +
        'restore it or start a new run in another folder',
    );
  }
  return bytes;
};

/** Reads a file that may not be there; null when it is not. */
export const readIfThere = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new StorageFailed(path, 'cannot read', error);
  }
};
