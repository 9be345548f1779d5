import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { writeResult } from '../../src/cli/write-result.js';

const run = promisify(execFile);
const io: Io = { env: {}, stdout: process.stdout, stderr: process.stderr };

describe('writeResult', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-result-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('replaces a file, and leaves nothing else behind', async () => {
    const file = join(dir, 'r.json');
    await writeFile(file, 'a longer text of before');
    await writeResult(io, '{}', file);
    expect(await readFile(file, 'utf8')).toBe('{}\n');
    expect(await readdir(dir)).toEqual(['r.json']);
  });

  it('writes through a link, which stays one', async () => {
    const [file, link] = [join(dir, 'r.json'), join(dir, 'link')];
    await writeFile(file, '');
    await symlink(file, link);
    await writeResult(io, '{}', link);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(file, 'utf8')).toBe('{}\n');
  });

  it('writes into a pipe, as it would into a device, instead of replacing it', async () => {
    const pipe = join(dir, 'pipe');
    await run('mkfifo', [pipe]);
    const [{ stdout }] = await Promise.all([run('cat', [pipe]), writeResult(io, '{}', pipe)]);
    expect(stdout).toBe('{}\n');
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });
});
