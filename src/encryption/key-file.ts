/** A key ring in its file: read, looked after while a worker lives. */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { errorCode } from '../state/errors.js';
import { encryptingKey, type Key, type KeyRing, KeyRingError, parseKeyRing } from './key-ring.js';
import { KEY_FILE_LOOK_MS } from './tunables.js';

/** Where keys come from; the file may gain some at any time. */
export interface KeySource {
  /** @throws KeyRingError when no key encrypts yet. */
  encrypting(): Key;
  /** null for an id that the file does not have, also when read anew. */
  find(id: string): Key | null;
  /** What to call it in a message. */
  readonly name: string;
}

const OTHERS = 0o007;
const WRITABLE_BY_GROUP = 0o020;

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file; make one with `fractal-temporal keys new FILE`',
  EACCES: 'this user may not read it',
};

const checkMode = (path: string, mode: number): void => {
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  if ((mode & (OTHERS | WRITABLE_BY_GROUP)) === 0) return;
  throw new KeyRingError(
    `The key ring ${path} has mode ${bits}: whoever can read it can read all runs. Make it yours alone (chmod 600), or ` +
      'readable by a group (chmod 640).',
  );
};

/** The look at the mode and the reading are of one file, whatever happens to the path between. */
export const readKeyFile = (path: string): string => {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    const why = reasons[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
    throw new KeyRingError(`The key ring ${path} cannot be read: ${why}.`);
  }
  try {
    const about = fstatSync(file);
    if (!about.isFile()) throw new KeyRingError(`The key ring ${path} is not a file.`);
    checkMode(path, about.mode);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
};

/** Differs whenever the file was written or replaced. */
const versionOf = (path: string): string | null => {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return [ino, size, mtimeMs, ctimeMs].join(' ');
  } catch {
    return null;
  }
};

/**
 * Opens the key ring of a file. It is read again when it has changed: looked at every KEY_FILE_LOOK_MS, and at once for
 * an unknown key. A file that cannot be read any more, or is damaged, leaves the keys that were there.
 *
 * @throws KeyRingError when it cannot be read, is none, or is open to others.
 */
export const openKeyFile = (path: string, now: () => number = Date.now): KeySource => {
  let version = versionOf(path);
  let ring: KeyRing = parseKeyRing(readKeyFile(path), path);
  let nextLook = now() + KEY_FILE_LOOK_MS;
  const look = (): void => {
    nextLook = now() + KEY_FILE_LOOK_MS;
    const seen = versionOf(path);
    if (seen === null || seen === version) return;
    try {
      ring = parseKeyRing(readKeyFile(path), path);
      version = seen;
    } catch {
      // In the middle of being replaced, or spoilt: with the keys that we have, runs go on.
    }
  };
  return {
    name: path,
    encrypting: () => {
      if (now() >= nextLook) look();
      return encryptingKey(ring, now());
    },
    find: (id) => {
      if (!ring.has(id)) look();
      return ring.get(id) ?? null;
    },
  };
};
