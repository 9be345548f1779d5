import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyFile } from '../../src/encryption/key-file.js';
import { encryptingKey, KeyRingError, parseKeyRing } from '../../src/encryption/key-ring.js';
import { makeKeyFile, rotateKeyFile } from '../../src/encryption/make-keys.js';
import { KEY_FILE_LOOK_MS } from '../../src/encryption/tunables.js';
import { ringText, testKey } from '../support/keys.js';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-keys-'));
  file = join(dir, 'keys.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const at = (time: string): number => Date.parse(time);
const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('which key encrypts', () => {
  const text = ringText(
    testKey('b', 2, '2022-01-01T00:00:00Z'),
    testKey('a', 1, '2021-01-01T00:00:00Z'),
    testKey('c', 3, '2023-01-01T00:00:00Z'),
  );
  const ring = parseKeyRing(text, 'f');
  it.each([
    ['2021-06-01T00:00:00Z', 'a'],
    ['2022-01-01T00:00:00Z', 'b'],
    ['2030-01-01T00:00:00Z', 'c'],
  ])('at %s: %s', (now, id) => {
    expect(encryptingKey(ring, at(now)).id).toBe(id);
  });

  it('of one time the last; before any, none', () => {
    const two = parseKeyRing(ringText(testKey('x', 1), testKey('y', 2)), 'f');
    expect(encryptingKey(two, Date.now()).id).toBe('y');
    expect(() => encryptingKey(ring, at('2020-01-01T00:00:00Z'))).toThrow(
      /No key of the key ring encrypts yet/,
    );
  });
});

describe('a key ring that is none', () => {
  const secret = testKey('a', 7).key;
  it.each([
    ['no JSON', `{"version": 1, "keys": [${secret}`],
    ['another version', ringText(testKey('a', 7)).replace('"version":1', '"version":2')],
    ['no keys', JSON.stringify({ version: 1, keys: [] })],
    ['a short key', ringText({ ...testKey('a', 7), key: 'c2hvcnQ=' })],
    ['no time', ringText({ ...testKey('a', 7), from: 'now' })],
    ['a name with a space', ringText({ ...testKey('a', 7), id: 'a b' })],
    ['an unknown field', JSON.stringify({ version: 1, keys: [{ ...testKey('a', 7), x: 1 }] })],
    ['one name twice', ringText(testKey('a', 7), testKey('a', 7))],
  ])('%s: refused with the name of the file, and without a key', (_, text) => {
    const parse = () => parseKeyRing(text, 'ring.json');
    expect(parse).toThrow(KeyRingError);
    expect(parse).toThrow(/ring\.json/);
    expect(parse).not.toThrow(secret);
  });
});

describe('the file', () => {
  it.each([
    [0o600, true],
    [0o400, true],
    [0o640, true],
    [0o644, false],
    [0o602, false],
    [0o620, false],
  ])('with mode %i is taken: %s', async (bits, taken) => {
    await writeFile(file, ringText(testKey('a', 1)));
    await chmod(file, bits);
    if (taken) expect(openKeyFile(file).encrypting().id).toBe('a');
    else expect(() => openKeyFile(file)).toThrow(/has mode 06\d\d: .*chmod 600/);
  });

  it('that is missing or a folder is told of', () => {
    expect(() => openKeyFile(file)).toThrow(
      /there is no such file; make one with `fractal-temporal keys new/,
    );
    expect(() => openKeyFile(dir)).toThrow(/is not a file/);
  });

  it('is made for its owner alone, and never written over', async () => {
    const id = await makeKeyFile(file);
    expect(await mode(file)).toBe(0o600);
    expect(openKeyFile(file).encrypting().id).toBe(id);
    const before = await readFile(file, 'utf8');
    await expect(makeKeyFile(file)).rejects.toThrow(/is there already, and stays/);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('gains keys by rotation, keeps its mode, and the older ones', async () => {
    const first = await makeKeyFile(file);
    await chmod(file, 0o640);
    const second = await rotateKeyFile(file);
    const keys = openKeyFile(file);
    expect(keys.encrypting().id).toBe(second);
    expect(keys.find(first)?.id).toBe(first);
    expect(await mode(file)).toBe(0o640);
    const later = await rotateKeyFile(file, new Date(Date.now() + 3_600_000));
    expect(openKeyFile(file).encrypting().id).toBe(second);
    expect(openKeyFile(file, () => Date.now() + 3_700_000).encrypting().id).toBe(later);
  });

  it('is not rotated by two at once', async () => {
    await makeKeyFile(file);
    await writeFile(`${file}.new`, '');
    await expect(rotateKeyFile(file)).rejects.toThrow(/keys\.json\.new is there already/);
  });

  it('that changes under a worker is read again: at once for an unknown key, after a while for encrypting', async () => {
    let now = Date.now();
    await makeKeyFile(file);
    const keys = openKeyFile(file, () => now);
    const first = keys.encrypting().id;
    // Behind it by as little as the clocks of two machines may differ.
    const second = await rotateKeyFile(file, new Date(now));
    expect(keys.encrypting().id).toBe(first);
    expect(keys.find(second)?.id).toBe(second);
    const third = await rotateKeyFile(file, new Date(now));
    now += KEY_FILE_LOOK_MS;
    expect(keys.encrypting().id).toBe(third);
    await writeFile(file, 'spoilt');
    expect(keys.find('unknown')).toBeNull();
    expect(keys.encrypting().id).toBe(third);
  });
});
