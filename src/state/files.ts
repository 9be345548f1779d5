/**
 * State files: immutable, a pure function of their inputs, published in one step (docs/files.md).
 *
 * A file is written under a unique temporary name, synced, and linked to its own name: a reader sees the whole
 * file or none, and a second writer of the same content succeeds without writing over it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileReference } from '../wire/failure.js';
import { errorCode, StateCorrupt, StorageFailed } from './errors.js';
import { makeFolder, syncFolder } from './folders.js';
import { readWhole } from './read-file.js';
import { writeTemporary, type Parts } from './temporary.js';

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** What the parts themselves could not be read from keeps its own name. */
const cannotWrite = (path: string, error: unknown): Error =>
  error instanceof StateCorrupt || error instanceof StorageFailed
    ? error
    : new StorageFailed(path, 'cannot write', error);

const ignoreMissing = (error: unknown): void => {
  if (errorCode(error) !== 'ENOENT') throw error;
};

/** Whether what is there is only the beginning of what belongs there: its writer lost power or space. */
const isCutOff = async (existing: Buffer, temporary: string): Promise<boolean> => {
  const whole = await readWhole(temporary);
  return existing.length < whole.length && whole.subarray(0, existing.length).equals(existing);
};

/**
 * Publishes a state file. What is there already and only cut off is written anew.
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
      const existing = await readWhole(path);
      if (sha256(existing) === digest) return { path, sha256: digest };
      if (!(await isCutOff(existing, temporary))) {
        throw new StateCorrupt(
          path,
          `exists with another content (SHA-256 ${sha256(existing)}, expected ${digest}): it was edited or damaged`,
        );
      }
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } finally {
      await unlink(temporary).catch(ignoreMissing);
    }
    return { path, sha256: digest };
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

/**
 * Publishes a state file whose content may depend on what its writer saw or how it is configured: who comes second
 * adopts what is there.
 *
 * @param isWhole whether what is there was published whole; what is not (power lost, disk full) is written anew.
 * @returns what stands under the name now.
 * @throws StorageFailed when the storage fails.
 */
export const adoptState = async (
  path: string,
  parts: Iterable<string>,
  isWhole: (bytes: Buffer) => boolean,
): Promise<{ bytes: Buffer; reference: FileReference }> => {
  try {
    const { temporary } = await writeTemporary(path, parts, true);
    try {
      await link(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      if (!isWhole(await readWhole(path))) {
        await rename(temporary, path);
        await syncFolder(dirname(path));
      }
    } finally {
      await unlink(temporary).catch(ignoreMissing);
    }
    const bytes = await readWhole(path);
    return { bytes, reference: { path, sha256: sha256(bytes) } };
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

/**
 * Writes a derived file (a record or a result): whole or not at all, replacing an earlier one.
 *
 * @param durable whether it must survive a loss of power: what is read again by its digest must.
 */
export const replaceFile = async (path: string, parts: Parts, durable = false): Promise<FileReference> => {
  try {
    const { temporary, digest } = await writeTemporary(path, parts, durable);
    await rename(temporary, path);
    if (durable) await syncFolder(dirname(path));
    return { path, sha256: digest };
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

const syncFile = async (path: string): Promise<void> => {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** A copy for people, whole or not at all; `durable`: it survives a loss of power. Throws StorageFailed. */
export const copyFileTo = async (from: string, to: string, durable = false): Promise<void> => {
  const temporary = `${to}.${randomUUID()}.tmp`;
  try {
    await makeFolder(dirname(to));
    await copyFile(from, temporary);
    if (durable) await syncFile(temporary);
    await rename(temporary, to);
    if (durable) await syncFolder(dirname(to));
  } catch (error) {
    throw cannotWrite(to, error);
  }
};

/**
 * Creates a file that must not exist yet, durably; false when it does already.
 *
 * @throws StorageFailed when the storage fails.
 */
export const createExclusive = async (path: string, text: string): Promise<boolean> => {
  try {
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
    bytes = await readWhole(reference.path);
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

export const readBytesIfThere = async (path: string): Promise<Buffer | null> => {
  try {
    return await readWhole(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new StorageFailed(path, 'cannot read', error);
  }
};

/** Reads a file that may not be there; null when it is not. */
export const readIfThere = async (path: string): Promise<string | null> =>
  (await readBytesIfThere(path))?.toString('utf8') ?? null;
