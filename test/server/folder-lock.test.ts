import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withFolderLock } from '../../src/server/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-temporal-lock-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const says: string[] = [];
const lock = <T>(name: string, action: () => Promise<T>): Promise<T> =>
  withFolderLock(folder, name, (line) => says.push(line), action);

it('two locks of one folder in one process know nothing of each other', async () => {
  const held = await lock('one', () => lock('two', () => readdir(folder)));
  expect(held.sort()).toEqual(['one.lock', 'two.lock']);
  const order: string[] = [];
  await Promise.all(
    ['first', 'second'].map((name) =>
      lock('one', async () => {
        order.push(`${name} begins`);
        await lock('two', () => readdir(folder));
        order.push(`${name} ends`);
      }),
    ),
  );
  expect([order[0]?.split(' ')[0], order[2]?.split(' ')[0]]).toEqual([
    order[1]?.split(' ')[0],
    order[3]?.split(' ')[0],
  ]);
  expect(await readdir(folder)).toEqual([]);
  expect(says).toEqual([]);
});
