import { createDecipheriv } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { blindCodec, DecryptionError, encryptingCodec, keylessCodec } from '../../src/encryption/codec.js';
import { sourceOf, testKey } from '../support/keys.js';

const payload = (data: string): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(data)),
});
const text = (value: Uint8Array | null | undefined): string => Buffer.from(value ?? []).toString();
const values = (decoded: Payload[]): unknown[] =>
  decoded.map(({ data }) => JSON.parse(text(data)) as unknown);

const old = testKey('old', 1);
const recent = testKey('recent', 2, '2021-01-01T00:00:00Z');
const codec = encryptingCodec(sourceOf(old));

const encodeOne = async (data: string): Promise<{ encoded: Payload; data: Buffer }> => {
  const [encoded] = await codec.encode([payload(data)]);
  if (encoded === undefined) throw new Error('nothing came back');
  return { encoded, data: Buffer.from(encoded.data ?? []) };
};

describe('the codec', () => {
  it('gives back what it was given, and shows nothing of it', async () => {
    const encoded = await codec.encode([payload('secret'), payload('secret')]);
    for (const { metadata, data } of encoded) {
      expect(text(metadata?.['encoding'])).toBe('binary/encrypted');
      expect(text(metadata?.['encryption-key-id'])).toBe('old');
      expect(text(data)).not.toContain('secret');
    }
    // Another nonce each time, so that equal payloads do not look equal.
    expect(encoded[0]?.data).not.toEqual(encoded[1]?.data);
    const decoded = await codec.decode(encoded);
    expect(values(decoded)).toEqual(['secret', 'secret']);
    expect(text(decoded[0]?.metadata?.['encoding'])).toBe('json/plain');
  });

  it('writes the form of the samples: nonce, ciphertext of the payload as protobuf, tag', async () => {
    const { data } = await encodeOne('secret');
    const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32, 1), data.subarray(0, 12));
    decipher.setAuthTag(data.subarray(-16));
    const inner = Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]);
    expect(text(temporal.api.common.v1.Payload.decode(inner).data)).toBe('"secret"');
  });

  it('leaves alone what is not encrypted: runs from before go on', async () => {
    expect(await codec.decode([payload('open')])).toEqual([payload('open')]);
  });

  it('encrypts with the newest key after a rotation, and decrypts what older ones have encrypted', async () => {
    const before = await codec.encode([payload('before')]);
    const rotated = encryptingCodec(sourceOf(old, recent));
    const after = await rotated.encode([payload('after')]);
    expect(text(after[0]?.metadata?.['encryption-key-id'])).toBe('recent');
    expect(values(await rotated.decode([...before, ...after]))).toEqual(['before', 'after']);
    await expect(codec.decode(after)).rejects.toThrow(
      /key "recent", which the key ring test\.json does not have/,
    );
  });

  it.each([
    ['the nonce', 0],
    ['the text', 14],
    ['the tag', -1],
  ])('finds out that a byte of %s was changed', async (_, at) => {
    const { encoded, data } = await encodeOne('secret');
    const index = at < 0 ? data.length + at : at;
    data.writeUInt8(data.readUInt8(index) ^ 1, index);
    await expect(codec.decode([{ ...encoded, data }])).rejects.toThrow(/key "old" was changed since/);
  });

  it('finds out that it was cut off, or encrypted by another key of that name', async () => {
    const { encoded } = await encodeOne('secret');
    await expect(codec.decode([{ ...encoded, data: Buffer.alloc(20) }])).rejects.toThrow(/too short/);
    const other = encryptingCodec(sourceOf(testKey('old', 9)));
    await expect(other.decode([encoded])).rejects.toThrow(DecryptionError);
  });

  it('without keys says which key is missing; blind, gives nothing', async () => {
    const { encoded } = await encodeOne('secret');
    const decode = keylessCodec.decode([payload('open'), encoded]);
    await expect(decode).rejects.toThrow(/key "old", and no key ring is given: --keys/);
    expect(await keylessCodec.decode([payload('open')])).toEqual([payload('open')]);
    expect(text((await blindCodec.decode([encoded]))[0]?.metadata?.['encoding'])).toBe('binary/null');
  });
});
