import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { journalFiles, journalReader, readJournals } from '../../src/batch/read-journals.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-journals-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('finds the journals of one batch and of no other', async () => {
  const names = [
    'a-12-0.journal',
    'a-12-1.journal',
    'a-1-12-0.journal',
    'b-12-0.journal',
    'a-12-0.journal.tmp',
    'a-units',
  ];
  for (const name of names) await writeFile(join(folder, name), '');
  expect(await journalFiles(join(folder, 'a-'))).toEqual(names.slice(0, 2).map((name) => join(folder, name)));
});

it('merges what it finds', async () => {
  await writeFile(join(folder, 'a-1-0.journal'), 'J 1 a 1 0 h 1.0 1.0 .\nE 0 0 1.0 2.0 0 .\n');
  await writeFile(join(folder, 'a-1-1.journal'), 'J 1 a 1 1 h 1.0 1.0 .\nE 1 5 1.0 2.0 0 .\nC .\n');
  await writeFile(join(folder, 'a-1-2.journal'), '');
  const report = await readJournals(join(folder, 'a-'));
  expect(report.complete).toBe(true);
  expect([...report.ends.values()].map(({ index, status, restart }) => [index, status, restart])).toEqual([
    [0, 0, 0],
    [1, 5, 1],
  ]);
  expect(report.copies).toHaveLength(2);
});

it('reads again what has grown or come, and nothing else', async () => {
  const first = join(folder, 'a-1-0.journal');
  await writeFile(first, 'J 1 a 1 0 h 1.0 1.0 .\n');
  const look = journalReader(join(folder, 'a-'));
  const before = await look();
  expect(await look()).toBe(before);
  await appendFile(first, 'E 0 0 1.0 2.0 0 .\n');
  expect([...(await look()).ends.keys()]).toEqual([0]);
  await writeFile(join(folder, 'a-1-1.journal'), 'J 1 a 1 1 h 1.0 1.0 .\nE 1 0 1.0 2.0 0 .\nC .\n');
  const after = await look();
  expect([...after.ends.keys()]).toEqual([0, 1]);
  expect(after.complete).toBe(true);
});

it('sees in the end what came late under an unchanged size, as on a shared folder', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  try {
    const journal = join(folder, 'a-1-0.journal');
    const whole = 'J 1 a 1 0 h 1.0 1.0 .\nC .\n';
    await writeFile(journal, whole.replace('C .\n', '\0'.repeat(4)));
    const look = journalReader(join(folder, 'a-'));
    expect((await look()).complete).toBe(false);
    await writeFile(journal, whole);
    vi.setSystemTime(60_000);
    expect((await look()).complete).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
