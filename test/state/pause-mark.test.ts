import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leavePauseMark, removePauseMark } from '../../src/state/pause-mark.js';
import { pauseMarkPath } from '../../src/state/paths.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-pause-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const isMarked = (): Promise<boolean> =>
  access(pauseMarkPath(dir)).then(
    () => true,
    () => false,
  );

it('is there from the pause on, however often it is left, until that is over', async () => {
  await leavePauseMark(dir, 1);
  await leavePauseMark(dir, 1);
  expect(await isMarked()).toBe(true);
  await removePauseMark(dir, 1);
  await removePauseMark(dir, 1);
  expect(await isMarked()).toBe(false);
});

it('an attempt that comes after the end of its pause leaves none', async () => {
  await leavePauseMark(dir, 1);
  await removePauseMark(dir, 1);
  await leavePauseMark(dir, 1);
  expect(await isMarked()).toBe(false);
  await removePauseMark(dir, 2);
  await leavePauseMark(dir, 2);
  expect(await isMarked()).toBe(false);
  await leavePauseMark(dir, 3);
  expect(await isMarked()).toBe(true);
});
