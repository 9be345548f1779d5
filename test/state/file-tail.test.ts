import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileTail } from '../../src/state/file-tail.js';
import { TAIL_MAX_BYTES } from '../../src/state/tunables.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-tail-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const write = async (text: string | Buffer): Promise<string> => {
  const path = join(dir, 'log.txt');
  await writeFile(path, text);
  return path;
};

const bar = (states: number): string =>
  Array.from({ length: states }, (_, i) => `${'#'.repeat(50)} ${i + 1}/${states}`).join('\r');

describe('fileTail', () => {
  it('of a bar of many states its last one, with the lines before and after it', async () => {
    const path = await write(`start\n${bar(20_000)}\nno cells\n`);
    expect(await fileTail(path, 20)).toBe(`start\n${'#'.repeat(50)} 20000/20000\nno cells`);
  });

  it('of a large file only as many lines as asked for, the first one whole', async () => {
    const path = await write(Array.from({ length: 100_000 }, (_, i) => `line ${i}`).join('\n'));
    expect(await fileTail(path, 2)).toBe('line 99998\nline 99999');
  });

  it('of a line longer than all that is read its end, shortened', async () => {
    const path = await write('x'.repeat(TAIL_MAX_BYTES + 10));
    expect(await fileTail(path, 3)).toMatch(/^x{1000}\.\.\.$/);
  });

  it('no colours, no NUL, bytes that are no text', async () => {
    const path = await write(Buffer.from([0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x61, 0x00, 0xff, 0x62]));
    expect(await fileTail(path, 1)).toBe('a\ufffdb');
  });

  it('null for what has none; a FIFO that nobody writes does not hold it up', async () => {
    const fifo = join(dir, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(await Promise.all([fifo, dir, join(dir, 'none')].map((path) => fileTail(path, 5)))).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('an empty file has an empty one', async () => {
    expect(await fileTail(await write(''), 5)).toBe('');
  });
});
