/** The program that forks warm units: parts with one concept each, one file for whoever runs it. */
import { execFileSync } from 'node:child_process';
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
  // Names that no part imports or defines would be found only when a unit needs them.
  const check = [
    'import ast, builtins, sys, symtable',
    'for path in sys.argv[1:]:',
    '    text = open(path).read()',
    '    tree, known = ast.parse(text), set(dir(builtins)) | {"__file__", "__name__"}',
    '    for node in ast.walk(tree):',
    '        if isinstance(node, (ast.Import, ast.ImportFrom)):',
    '            known |= {(a.asname or a.name).partition(".")[0] for a in node.names}',
    '        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)): known.add(node.name)',
    '        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load): known.add(node.id)',
    '        elif isinstance(node, ast.arg): known.add(node.arg)',
    '        elif isinstance(node, ast.ExceptHandler) and node.name: known.add(node.name)',
    '    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}',
    '    if used - known: print(path, sorted(used - known))',
    '    names = {a.asname or a.name for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names}',
    '    if not path.endswith("head.py") and names - used: print(path, "needless", sorted(names - used))',
  ].join('\n');
  const paths = partFiles.map((name) => `${folder}/${name}`);
  expect(execFileSync(python, ['-c', check, ...paths], { encoding: 'utf8' })).toBe('');
});

it('has no part that is too long to be read', () => {
  const lengths = partFiles.map((name) => readFileSync(`${folder}/${name}`, 'utf8').split('\n').length);
  expect(Math.max(...lengths)).toBeLessThan(250);
});
