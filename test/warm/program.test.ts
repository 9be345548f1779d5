/** The program that forks warm units: parts with one concept each, one file for whoever runs it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { serverText } from '../../src/warm/server-text.js';
import { python } from './warm-scripts.js';

const { PARTS, warmServerText } = (await import(
  new URL('../../scripts/warm-server.mjs', import.meta.url).href
)) as { PARTS: string[]; warmServerText(folder: string): Promise<string> };

const folder = fileURLToPath(new URL('../../src/warm/server', import.meta.url));

const partFiles = readdirSync(folder).filter((name) => name.endsWith('.py'));

it('is all of its parts, each of which says what it needs of the others', async () => {
  expect(partFiles.toSorted()).toEqual(PARTS.map((name) => `${name}.py`).toSorted());
  expect(await warmServerText(folder)).toBe(serverText);
});

it('passes ruff for the oldest Python, as do the tests’ own scripts', () => {
  const rules = ['--isolated', '--target-version', 'py39', '--line-length', '160', '--no-cache'];
  // Old forms of formatting and of imports are as good.
  const chosen = ['--select', 'E,F,W,B,I,PLE,UP', '--ignore', 'UP031,UP035'];
  // The head imports what all parts need.
  const headImports = ['--per-file-ignores', 'head.py:F401'];
  const scripts = ['.', '../model/task'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const found = spawnSync(
    python,
    ['-m', 'ruff', 'check', ...rules, ...chosen, ...headImports, folder, ...scripts],
    {
      encoding: 'utf8',
    },
  );
  expect(`${found.stdout}${found.stderr}`.trim()).toBe('All checks passed!');
});

it('has no part that is too long to be read', () => {
  const lengths = partFiles.map((name) => readFileSync(`${folder}/${name}`, 'utf8').split('\n').length);
  expect(Math.max(...lengths)).toBeLessThan(250);
});
