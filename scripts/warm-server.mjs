// The program that forks warm units is one file for whoever runs it (docs/warm-start.md), and has one concept a file here.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

// Whoever is used by a class statement or a default value stands before it.
export const PARTS = [
  ...[
    'head',
    'processes',
    'modules',
    'scan',
    'cache',
    'watch',
    'importing',
    'environment',
    'unit',
    'node',
    'base',
  ],
  ...['record', 'lists', 'building', 'events', 'memory', 'root', 'explain', 'main'],
];

/** Without its docstring and its imports: the head imports what all need, and removes it from `sys.modules`. */
const body = (name, text) => {
  const [, title] = /^"""(.+)"""\n/.exec(text) ?? [];
  if (title === undefined)
    throw new Error(`${name}.py: its first line is to be its docstring, on that line alone`);
  const lines = text.split('\n').slice(1);
  const first = lines.findIndex((line) => !/^(import \w+|from \.\w+ import [\w, ]+|)$/.test(line));
  return `\n\n# --- ${title} ${'-'.repeat(Math.max(3, 110 - title.length))}\n\n\n${lines.slice(first).join('\n')}`;
};

/** @param folder `src/warm/server`. */
export const warmServerText = async (folder) => {
  const texts = await Promise.all(PARTS.map((name) => readFile(join(folder, `${name}.py`), 'utf8')));
  return texts.map((text, index) => (index === 0 ? text : body(PARTS[index], text))).join('');
};
