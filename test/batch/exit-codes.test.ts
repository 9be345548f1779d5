import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SCRIPT_EXITS } from '../../src/batch/exit-codes.js';
import { scriptBody } from '../../src/batch/script-body.js';
import { scriptHead } from '../../src/batch/script-head.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const sorted = (codes: Iterable<number>): number[] => [...new Set(codes)].sort((a, b) => a - b);
const listed = sorted(Object.values(SCRIPT_EXITS));

it('are the same in the script, in its documentation and in what readers compare with', () => {
  const head = scriptHead({
    ...{ header: ['true'], preambleFails: true },
    umasks: { files: '0077', units: '0022' },
  }).join('\n');
  const script = `${head}\n${scriptBody}`.replace(/^\s*#.*$/gm, '');
  const used = script.matchAll(/\b(?:ft_quit|exit|return|ft_stop=|ft_status=|'Q) ?(0|9\d)\b/g);
  expect(sorted([...used].map(([, code]) => Number(code)))).toEqual(listed);
  const table = /## Exit codes\n([\s\S]*?)\n## /.exec(read('docs/batch-script.md'))?.[1] ?? '';
  const documented = [...table.matchAll(/^\| (\d+) |`Q (\d+)`/gm)];
  expect(sorted(documented.map(([, row, quit]) => Number(row ?? quit)))).toEqual(listed);
});
