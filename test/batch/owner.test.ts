/** The owner file of a batch on a disk that is full, or that has lost power. */
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { scriptOf, statusesOf, type ScriptTest } from './scripts.js';

it('is whole or not there: a full disk leaves none that is empty', async () => {
  // A file size limit of 0 stands for a full disk.
  const test = await scriptOf(['true'], { header: ["trap '' XFSZ", 'ulimit -f 0'] });
  expect(await test.run()).toBe(92);
  await expect(access(test.batch.paths.owner)).rejects.toThrow('ENOENT');
  expect((await readdir(test.here('.runner'))).filter((name) => name.includes('owner'))).toEqual([]);
});

/** A batch whose owner file is empty, and what its script says as job 7, started a second time. */
const emptyOwner = async (journals: string[]): Promise<[ScriptTest, number | string]> => {
  const test = await scriptOf(['true']);
  await writeFile(test.batch.paths.owner, '');
  for (const name of journals) await writeFile(`${test.batch.paths.journalPrefix}${name}.journal`, '');
  // No waiting for a line that will not come.
  await mkdir(test.here('bin'));
  await writeFile(test.here('bin/sleep'), '#!/bin/sh\n', { mode: 0o755 });
  return [test, await test.run('7', 1, { PATH: `${test.here('bin')}:${process.env['PATH'] ?? ''}` })];
};

it('that is empty belongs to the only job that has a journal, which goes on', async () => {
  const [test, code] = await emptyOwner(['7-0']);
  expect(code).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 0 });
  // As the owner that it is.
  expect(await test.run('8', 0)).toBe(90);
});

it.each([[['6-0']], [['6-0', '7-0']], [[]]])(
  'that is empty is nobody else’s to take: journals %j',
  async (journals) => {
    const [test, code] = await emptyOwner(journals);
    expect(code).toBe(90);
    expect(await test.begun()).toEqual([]);
  },
);
