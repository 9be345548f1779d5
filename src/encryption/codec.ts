/**
 * Payloads encrypted with AES-256-GCM, in the form of Temporal's own samples for all languages: metadata `encoding` and
 * `encryption-key-id`, data = nonce (12 bytes), ciphertext of the whole payload as protobuf, tag (16 bytes).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { decode as text, encode as bytes } from '@temporalio/common/lib/encoding.js';
// CommonJS whose names Node does not see.
import proto from '@temporalio/proto';
import type { KeySource } from './key-file.js';
import type { Key } from './key-ring.js';
import { NONCE_BYTES, TAG_BYTES } from './tunables.js';

export const ENCRYPTED = 'binary/encrypted';
export const KEY_ID = 'encryption-key-id';

const CIPHER = 'aes-256-gcm';
const message = proto.temporal.api.common.v1.Payload;

/** A payload that cannot be decrypted here: no keys, an unknown key, or data that is not what was encrypted. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
}

export const isEncrypted = ({ metadata }: Payload): boolean =>
  metadata?.['encoding'] !== undefined && text(metadata['encoding']) === ENCRYPTED;

/** Id of the key that has encrypted a payload. */
export const keyIdOf = ({ metadata }: Payload): string => (metadata?.[KEY_ID] ? text(metadata[KEY_ID]) : '');

const encrypt = (payload: Payload, key: Key): Payload => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  const parts = [cipher.update(message.encode(payload).finish()), cipher.final()];
  return {
    metadata: { encoding: bytes(ENCRYPTED), [KEY_ID]: bytes(key.id) },
    data: Buffer.concat([nonce, ...parts, cipher.getAuthTag()]),
  };
};

const unknownKey = (id: string, name: string): DecryptionError =>
  new DecryptionError(
    `A payload is encrypted with the key ${JSON.stringify(id)}, which the key ring ${name} does not have.`,
  );

const decrypt = (payload: Payload, keys: KeySource): Payload => {
  const id = keyIdOf(payload);
  const key = keys.find(id);
  if (key === null) throw unknownKey(id, keys.name);
  const data = payload.data ?? new Uint8Array();
  const damaged = `A payload encrypted with the key ${JSON.stringify(id)} was changed since, or with another key of this name`;
  if (data.length < NONCE_BYTES + TAG_BYTES) throw new DecryptionError(`${damaged}: it is too short.`);
  const decipher = createDecipheriv(CIPHER, key.bytes, data.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(data.subarray(data.length - TAG_BYTES));
  try {
    const parts = [decipher.update(data.subarray(NONCE_BYTES, data.length - TAG_BYTES)), decipher.final()];
    const { metadata, data: inner } = message.decode(Buffer.concat(parts));
    return { metadata, data: inner };
  } catch {
    throw new DecryptionError(`${damaged}.`);
  }
};

/** Encrypts with the newest key; decrypts with whichever a payload names, and leaves alone what is not encrypted. */
export const encryptingCodec = (keys: KeySource): PayloadCodec => ({
  encode: (payloads) => {
    const key = keys.encrypting();
    return Promise.resolve(payloads.map((payload) => encrypt(payload, key)));
  },
  decode: async (payloads) =>
    Promise.resolve(payloads.map((payload) => (isEncrypted(payload) ? decrypt(payload, keys) : payload))),
});

/** Where there are no keys: whatever is encrypted is refused in words, which Temporal's own converter would not find. */
export const keylessCodec: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads),
  decode: (payloads) => {
    const encrypted = payloads.find(isEncrypted);
    if (encrypted === undefined) return Promise.resolve(payloads);
    return Promise.reject(
      new DecryptionError(
        `A payload is encrypted with the key ${JSON.stringify(keyIdOf(encrypted))}, and no key ring is given: ` +
          '--keys FILE, or FRACTAL_TEMPORAL_KEYS.',
      ),
    );
  },
};

/** For what needs no payload at all (a list of runs): encrypted ones come out as null. */
export const blindCodec: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads),
  decode: (payloads) =>
    Promise.resolve(
      payloads.map((payload) =>
        isEncrypted(payload) ? { metadata: { encoding: bytes('binary/null') } } : payload,
      ),
    ),
};
