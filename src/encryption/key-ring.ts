/** The key ring: which keys there are, and which of them encrypts. Pure. */
import { z } from 'zod';
import { KEY_BYTES } from './tunables.js';

/** The base64 text of 32 bytes: 43 characters and one `=`. */
const BASE64_KEY = /^[A-Za-z0-9+/]{43}=$/;

const key = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .describe(
      'Name of the key, in the clear in each payload that it has encrypted: letters, digits, ". _ -".',
    ),
  key: z.string().regex(BASE64_KEY).describe('The secret: 32 random bytes as base64.'),
  from: z.iso
    .datetime({ offset: true })
    .describe('From this moment on it encrypts, until the next one does. It decrypts at any time.'),
});

/** Content of a key ring's file (schemas/key-ring.schema.json). */
export const keyRingSchema = z.strictObject({
  version: z.literal(1),
  keys: z.array(key).min(1).describe('The key with the latest "from" that has passed encrypts; all decrypt.'),
});

export type KeyRingFile = z.output<typeof keyRingSchema>;

export interface Key {
  id: string;
  bytes: Buffer;
  fromMs: number;
}

/** Keys by their id. */
export type KeyRing = ReadonlyMap<string, Key>;

/** What is wrong with a key ring; the message names the file, and never shows a key. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';
}

const parseFile = (text: string, name: string): KeyRingFile => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON.parse quotes what it has read.
    throw new KeyRingError(`The key ring ${name} is no JSON.`);
  }
  const parsed = keyRingSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path, code }) => `/${path.join('/')} (${code.replaceAll('_', ' ')})`,
  );
  throw new KeyRingError(
    `The key ring ${name} is not in the form of schemas/key-ring.schema.json: ${issues.join(', ')}.`,
  );
};

/** Content of a file as it was read, for one that is to be written anew. */
export const readKeyRingFile = (text: string, name: string): KeyRingFile => {
  const file = parseFile(text, name);
  const ids = file.keys.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new KeyRingError(`The key ring ${name} has two keys ${twice}.`);
  return file;
};

/**
 * The key ring of a file's text; `name` is what messages call it.
 *
 * @throws KeyRingError when it is none.
 */
export const parseKeyRing = (text: string, name: string): KeyRing =>
  new Map(
    readKeyRingFile(text, name).keys.map(({ id, key: secret, from }) => {
      const bytes = Buffer.from(secret, 'base64');
      if (bytes.length !== KEY_BYTES)
        throw new KeyRingError(`The key ${id} of ${name} has not ${KEY_BYTES} bytes.`);
      return [id, { id, bytes, fromMs: Date.parse(from) }];
    }),
  );

/**
 * The key that encrypts at a moment: of those whose time has come the latest; of several of one time the last in the file.
 *
 * @throws KeyRingError when the time of none has come.
 */
export const encryptingKey = (ring: KeyRing, nowMs: number): Key => {
  const come = [...ring.values()].filter(({ fromMs }) => fromMs <= nowMs);
  const [first, ...others] = come;
  if (first === undefined) {
    throw new KeyRingError(
      `No key of the key ring encrypts yet (${[...ring.keys()].join(', ')}): is the clock of this machine right?`,
    );
  }
  return others.reduce((latest, next) => (next.fromMs >= latest.fromMs ? next : latest), first);
};
