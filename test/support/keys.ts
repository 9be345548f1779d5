/** Key rings of a test. */
import type { KeySource } from '../../src/encryption/key-file.js';
import { encryptingKey, parseKeyRing } from '../../src/encryption/key-ring.js';

/** A key of one repeated byte: these are no secrets. */
export const testKey = (id: string, byte: number, from = '2020-01-01T00:00:00Z') => ({
  id,
  key: Buffer.alloc(32, byte).toString('base64'),
  from,
});

export const ringText = (...keys: ReturnType<typeof testKey>[]): string =>
  JSON.stringify({ version: 1, keys });

/** Keys without a file. */
export const sourceOf = (...keys: ReturnType<typeof testKey>[]): KeySource => {
  const ring = parseKeyRing(ringText(...keys), 'test.json');
  return {
    name: 'test.json',
    encrypting: () => encryptingKey(ring, Date.now()),
    find: (id) => ring.get(id) ?? null,
  };
};

/** Keys of the recorded histories: what `before` has encrypted both decrypt, and after the rotation the second encrypts. */
const beforeRotation = testKey('before-rotation', 1);
const afterRotation = testKey('after-rotation', 2, '2021-01-01T00:00:00Z');
export const recordedKeys = (): KeySource => sourceOf(beforeRotation, afterRotation);

/** Keys that are rotated while a run goes on. */
export const rotatingKeys = (): KeySource & { rotate(): void } => {
  let current = sourceOf(beforeRotation);
  return {
    name: current.name,
    encrypting: () => current.encrypting(),
    find: (id) => current.find(id),
    rotate: () => {
      current = recordedKeys();
    },
  };
};
