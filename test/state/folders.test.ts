import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/state/folders.js';
import { compileShim } from '../faults/ground/shim.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-folders-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a folder of a run', () => {
  it('is made with those above it, by several at once too', async () => {
    const path = join(dir, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('is made beside others whose folder above is missing, too', async () => {
    // One that comes a little later finds the folder above missing, and then there.
    const later = async (path: string, looks: number): Promise<void> => {
      for (let look = 0; look < looks; look += 1) await stat(dir);
      await makeFolder(path);
    };
    for (let round = 0; round < 100; round += 1) {
      const above = join(dir, `run-${round}`, 'batches');
      await Promise.all(Array.from({ length: 6 }, (_, index) => later(join(above, String(index)), index)));
      expect((await readdir(above)).length).toBe(6);
    }
  });

  it('may be there, by a link too', async () => {
    await mkdir(join(dir, 'real'));
    await symlink(join(dir, 'real'), join(dir, 'linked'));
    await makeFolder(join(dir, 'linked'));
    await makeFolder(join(dir, 'linked', 'a'));
    expect(await readdir(join(dir, 'real'))).toEqual(['a']);
  });

  it('is not made where something else stands', async () => {
    await writeFile(join(dir, 'file'), '');
    await symlink(join(dir, 'nowhere'), join(dir, 'dangling'));
    await expect(makeFolder(join(dir, 'file'))).rejects.toThrow(/EEXIST/);
    await expect(makeFolder(join(dir, 'file', 'a'))).rejects.toThrow(/ENOTDIR/);
    await expect(makeFolder(join(dir, 'dangling'))).rejects.toThrow(/EEXIST/);
    await expect(makeFolder(join(dir, 'dangling', 'a'))).rejects.toThrow(/EEXIST/);
  });

  it('is not said to be missing where its disk fails', async (context) => {
    const shim = await compileShim(dir);
    if (shim === null) return context.skip('gcc is missing');
    await shim.set([`eio ${join(dir, 'run')}`]);
    await mkdir(join(dir, 'run'));
    const module = new URL('../../src/state/folders.ts', import.meta.url).href;
    const script = `import { makeFolder } from '${module}'; await makeFolder('${join(dir, 'run', '.runner', 'plans')}');`;
    const { stderr } = await execa(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      { env: shim.env, reject: false },
    );
    expect(stderr).toMatch(/EIO: i\/o error, mkdir/);
  });
});
