import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { applyShare } from '../../src/state/rights.js';
import { entriesIn, withUmask } from '../security/modes.js';
import { scriptOf, type ScriptTest } from './scripts.js';

// A process is told once: this file's was started with umask 0000.
beforeAll(() => {
  process.umask(0o000);
  applyShare('group');
});

const umaskOf = async (test: ScriptTest): Promise<string> =>
  (await readFile(test.file(0, 'log.txt'), 'utf8')).trim();

/** What the script itself has made. */
const modes = async (test: ScriptTest): Promise<string[]> => {
  const entries = await entriesIn(dirname(test.batch.taskDir));
  const made = entries.filter(({ path }) => /journal-|owner|log\.txt|args\.json/.test(path));
  expect(made.length).toBeGreaterThan(3);
  return [...new Set(made.map(({ mode }) => mode))];
};

it('the files of a script have the rights of its worker, units the umask that the worker was started with', async () => {
  const test = await scriptOf(['umask; umask 0022; : >$out']);
  expect(await test.run()).toBe(0);
  expect(await umaskOf(test)).toBe('0000');
  expect(await modes(test)).toEqual(['0660']);
});

it('a umask of lines before the units is theirs, and the script keeps its own', async () => {
  const test = await scriptOf(['umask'], { header: ['umask 0027'] });
  expect(await test.run()).toBe(0);
  expect(await umaskOf(test)).toBe('0027');
  expect(await modes(test)).toEqual(['0660']);
});

it('one that a profile has set before the script counts, too', async () => {
  const test = await scriptOf(['umask']);
  const started = withUmask(0o022, () => test.start());
  expect(await started.ended).toBe(0);
  expect(await umaskOf(test)).toBe('0022');
  expect(await modes(test)).toEqual(['0660']);
});

it('lines before the units that make files make them as the user would', async () => {
  const test = await scriptOf(['true'], { header: ['umask >"$SEEN"'] });
  const seen = test.here('seen');
  await writeFile(seen, '');
  expect(await test.run('1', 0, { SEEN: seen })).toBe(0);
  expect((await readFile(seen, 'utf8')).trim()).toBe('0000');
});
