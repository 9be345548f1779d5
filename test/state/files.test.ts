import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateCorrupt, StorageFailed } from '../../src/state/errors.js';
import { createExclusive, publishState, readState, replaceFile, sha256 } from '../../src/state/files.js';
import { WRITE_CHUNK_CHARACTERS } from '../../src/state/tunables.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function* later(...parts: string[]): AsyncGenerator<string> {
  for (const part of parts) yield await Promise.resolve(part);
}

async function* broken(error: Error): AsyncGenerator<string> {
  yield 'first';
  await Promise.reject(error);
}

describe('publishState', () => {
  it('writes pieces of any size, at hand or still to come, as one file', async () => {
    const large = 'ä'.repeat(WRITE_CHUNK_CHARACTERS);
    const path = join(folder, 'deep', 'state');
    const reference = await publishState(path, later('a', large, '', 'b'));
    expect(reference).toEqual({ path, sha256: sha256(`a${large}b`) });
    expect((await readState(reference)).toString('utf8')).toBe(`a${large}b`);
    expect(await publishState(path, ['a', large, 'b'])).toEqual(reference);
  });

  it('refuses another content under a name that is taken', async () => {
    const path = join(folder, 'state');
    await publishState(path, ['one']);
    await expect(publishState(path, ['two'])).rejects.toThrow(StateCorrupt);
    expect(await readFile(path, 'utf8')).toBe('one');
  });

  it('leaves nothing behind, whatever happens', async () => {
    const path = join(folder, 'state');
    await publishState(path, ['one']);
    await publishState(path, ['two']).catch(() => undefined);
    await publishState(path, broken(new Error('away'))).catch(() => undefined);
    expect(await readdir(folder)).toEqual(['state']);
  });
});

describe('replaceFile', () => {
  it('keeps the error of what it copies from, so that damage is not taken for a storage that is away', async () => {
    const path = join(folder, 'result');
    await writeFile(path, 'before');
    const corrupt = new StateCorrupt('/elsewhere', 'its content has changed');
    await expect(replaceFile(path, broken(corrupt))).rejects.toBe(corrupt);
    await expect(replaceFile(path, broken(new Error('EIO')))).rejects.toThrow(StorageFailed);
    expect(await readFile(path, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['result']);
  });
});

it('readState finds a byte that was changed', async () => {
  const reference = await publishState(join(folder, 'state'), ['one']);
  await writeFile(reference.path, 'onf');
  await expect(readState(reference)).rejects.toThrow(StateCorrupt);
});

it('createExclusive succeeds once', async () => {
  const path = join(folder, 'intent');
  expect(await createExclusive(path, 'a')).toBe(true);
  expect(await createExclusive(path, 'b')).toBe(false);
  expect(await readFile(path, 'utf8')).toBe('a');
});
