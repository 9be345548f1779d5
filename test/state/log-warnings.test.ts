/** Lines of warning in a unit's log, as a Fractal server counts them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countWarnings } from '../../src/state/log-warnings.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-warnings-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each<[string, number]>([
  ['', 0],
  ['all is well\n', 0],
  ['WARNING; channel A04_C01 not found\nfine\n/x.py:3: UserWarning: old\n', 2],
  ['no end of line: warning', 1],
  ['\xff\xfe warning\n', 1],
])('%j has %i', async (text, expected) => {
  const path = join(folder, 'log.txt');
  await writeFile(path, text, 'latin1');
  expect(await countWarnings(path)).toBe(expected);
});

it('what is no file has none', async () => {
  expect(await countWarnings(join(folder, 'missing'))).toBe(0);
  expect(await countWarnings(folder)).toBe(0);
});
