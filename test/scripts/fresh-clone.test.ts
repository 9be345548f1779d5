/** Commands of package.json in a clone in which nothing is installed: what they load to install it is Node's or their own. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** After `npm ci`, as the README says. */
const AFTER_INSTALLATION = ['build', 'prepack'];

const entries = Object.entries(scripts).flatMap(([name, command]) => {
  const file = /\bnode (scripts\/\S+\.mjs)/.exec(command)?.[1];
  return file === undefined || AFTER_INSTALLATION.includes(name) ? [] : [[name, file] as const];
});

/** What is loaded at once, before anything runs; not what is imported later. */
const importsOf = (file: string): string[] => {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^(?:import|export)\s(?:[^;'"]*?\sfrom\s)?'([^']+)'/gm)].flatMap(
    ([, found]) => found ?? [],
  );
};

const packagesOf = (file: string, seen = new Set<string>()): string[] => {
  if (seen.has(file)) return [];
  seen.add(file);
  return importsOf(file).flatMap((name) => {
    if (name.startsWith('.')) return packagesOf(join(dirname(file), name), seen);
    return name.startsWith('node:') ? [] : [`${name} (${file.slice(root.length)})`];
  });
};

it('are many', () => {
  expect(entries.length).toBeGreaterThan(15);
});

it.each(entries)('npm run %s', (_, file) => {
  expect(packagesOf(join(root, file))).toEqual([]);
});
