/** Makes key rings, and gives them new keys. */
import { randomBytes } from 'node:crypto';
import { existsSync, fstatSync, realpathSync } from 'node:fs';
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import { errorCode } from '../state/errors.js';
import { readKeyFile } from './key-file.js';
import { type KeyRingFile, KeyRingError, readKeyRingFile } from './key-ring.js';
import { KEY_BYTES } from './tunables.js';

const OWNER_ONLY = 0o600;
const ID_RANDOM_BYTES = 4;

/** `2026-11-26-1f0c9a4b`: of the day from which it encrypts, and never the same twice. */
const newKey = (from: Date): KeyRingFile['keys'][number] => ({
  id: `${from.toISOString().slice(0, 10)}-${randomBytes(ID_RANDOM_BYTES).toString('hex')}`,
  key: randomBytes(KEY_BYTES).toString('base64'),
  from: from.toISOString(),
});

const write = async (handle: FileHandle, ring: KeyRingFile): Promise<void> => {
  await handle.writeFile(`${JSON.stringify(ring, null, 2)}\n`);
  await handle.sync();
};

/** Nobody else is in the middle of the same: the name of the new file is the lock. */
const openNew = async (path: string): Promise<{ handle: FileHandle; unfinished: string }> => {
  const unfinished = `${path}.new`;
  try {
    return { handle: await open(unfinished, 'wx', OWNER_ONLY), unfinished };
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new KeyRingError(
      `${unfinished} is there already: another command is writing the key ring, or was killed while it did. If none ` +
        'is, remove it.',
    );
  }
};

/**
 * Writes a key ring with one key, mode 0600; resolves to the key's id.
 *
 * @throws KeyRingError when there is such a file already: the keys in it may be the only ones for runs that exist.
 */
export const makeKeyFile = async (path: string): Promise<string> => {
  const key = newKey(new Date());
  const { handle, unfinished } = await openNew(path);
  try {
    await write(handle, { version: 1, keys: [key] });
    await link(unfinished, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new KeyRingError(
      `${path} is there already, and stays. A new key for it: \`fractal-temporal keys rotate\`.`,
    );
  } finally {
    await handle.close();
    await unlink(unfinished);
  }
  return key.id;
};

/** As the old file was: a group may read it, and root may have done this for somebody else. */
const takeOver = async (handle: FileHandle, path: string): Promise<void> => {
  const old = await open(path, 'r');
  try {
    const { mode, uid, gid } = await old.stat();
    const own = fstatSync(handle.fd);
    if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid);
    await handle.chmod(mode & 0o777);
  } finally {
    await old.close();
  }
};

/** Replacing must not turn a link into a file of its own. */
const linkedFile = (file: string): string => (existsSync(file) ? realpathSync(file) : file);

/**
 * Adds a key that encrypts from `from` on (default: now); the others stay and decrypt. The file is replaced in one step.
 *
 * @throws KeyRingError when the file cannot be used.
 */
export const rotateKeyFile = async (file: string, from = new Date()): Promise<string> => {
  const path = linkedFile(file);
  const { handle, unfinished } = await openNew(path);
  try {
    const ring = readKeyRingFile(readKeyFile(path), path);
    const key = newKey(from);
    await write(handle, { ...ring, keys: [...ring.keys, key] });
    await takeOver(handle, path);
    await rename(unfinished, path);
    return key.id;
  } catch (error) {
    await unlink(unfinished);
    throw error;
  } finally {
    await handle.close();
  }
};
