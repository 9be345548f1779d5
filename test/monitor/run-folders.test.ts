import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunFolders, mountOf } from '../../src/monitor/run-folders.js';
import { until } from '../support/until.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fractal-folders-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('what is left where runs are', () => {
  it('is told once for each file system, under the name of its mount', async () => {
    const told: [string, number, number][] = [];
    const folders = createRunFolders((...values) => told.push(values));
    const runs = ['a', 'b', 'c'].map((name) => join(dir, name));
    for (const run of runs) await mkdir(run);
    folders.add(runs[0] as string);
    await until('the first to be told', () => told.length === 1);
    for (const run of runs) folders.add(run);
    folders.add('/proc/self');
    await until('the other file system', () => told.length === 2);
    expect(told.map(([mount]) => mount)).toEqual([await mountOf(dir), '/proc']);
    expect(told[0]?.[1]).toBeGreaterThan(0);
  });

  it('a mount is the highest folder of the same file system', async () => {
    expect(await mountOf('/proc/self/task')).toBe('/proc');
    expect(await mountOf('/')).toBe('/');
  });

  it('a folder that is not there is nobody’s business', async () => {
    const told: unknown[] = [];
    const folders = createRunFolders((...values) => told.push(values));
    folders.add(join(dir, 'none'));
    folders.add(dir);
    await until('the one that is there', () => told.length === 1);
  });
});
