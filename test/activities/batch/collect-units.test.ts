import type * as fsPromises from 'node:fs/promises';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { collectUnits } from '../../../src/activities/batch/collect-units.js';
import type { JournalReport, UnitEnd } from '../../../src/batch/read-journals.js';
import type { UnitEvidence } from '../../../src/outcomes/evidence.js';
import { StorageFailed } from '../../../src/state/errors.js';

const listings = vi.hoisted(() => ({ count: 0, atFirst: (): Promise<void> => Promise.resolve() }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fsPromises>();
  const readdir = async (path: string): Promise<string[]> => {
    listings.count += 1;
    const names = await real.readdir(path);
    if (listings.count === 1) await listings.atFirst();
    return names;
  };
  return { ...real, readdir };
});

let folder: string;
beforeEach(async () => {
  listings.count = 0;
  listings.atFirst = () => Promise.resolve();
  folder = await mkdtemp(join(tmpdir(), 'fractal-collect-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stem = (index: number): string => `par-${index}`;
const output = (index: number): string => join(folder, `${stem(index)}-metadiff.json`);

const end = (index: number, rest: Partial<UnitEnd>): UnitEnd => ({
  ...{ index, status: 0, seconds: 1, startedAt: 1, endedAt: 2, wroteOutput: true },
  ...{ jobId: '7', restart: 0, host: 'h' },
  ...rest,
});

const collect = (count: number, ended: UnitEnd[], lateFilesMs = 0): Promise<UnitEvidence[]> => {
  const journal: JournalReport = {
    ends: new Map(ended.map((each) => [each.index, each])),
    ...{ complete: true, notExecutable: false, copies: [] },
  };
  const units = Array.from({ length: count }, (_, index) => ({
    ...{ index, stem: stem(index) },
    args: { zarr_url: `/zarr/${index}` },
  }));
  return collectUnits({ component: 'parallel', taskDir: folder, units, journal, lateFilesMs });
};

const all = (count: number): UnitEnd[] => Array.from({ length: count }, (_, index) => end(index, {}));

it('files that are late are waited for once, however many they are', async () => {
  listings.atFirst = async () => {
    for (let index = 0; index < 200; index++)
      await writeFile(output(index), `{"image_list_removals":["/zarr/${index}"]}`);
  };
  const units = await collect(200, all(200), 60_000);
  expect(units.every((unit) => unit.problem === null && unit.output !== null)).toBe(true);
  expect(listings.count).toBe(2);
});

it('those that never appear are lost outputs, all after the one wait', async () => {
  const units = await collect(100, all(100));
  expect(units.every((unit) => unit.lost_output)).toBe(true);
  expect(units[3]?.problem).toContain('has not appeared');
  expect(listings.count).toBe(1);
});

it('what is no file is the task’s own fault, in words', async () => {
  await mkdir(output(0));
  await writeFile(output(1), Buffer.from([0x22, 0xfc, 0x22]));
  await writeFile(output(2), '');
  const units = await collect(3, all(3));
  expect(
    units.map(({ problem, lost_output }) => [problem?.slice(output(0).length + 2), lost_output]),
  ).toEqual([
    ['it is a folder, not a file', false],
    ['it is not UTF-8 text', false],
    [expect.any(String), false],
  ]);
});

it('says that a unit never began only where the folder of its log can be seen', async () => {
  await writeFile(join(folder, `${stem(1)}-log.txt`), '');
  expect((await collect(2, [])).map(({ begun }) => begun)).toEqual([false, true]);
  await rm(folder, { recursive: true });
  await expect(collect(2, [])).rejects.toThrow(StorageFailed);
});
