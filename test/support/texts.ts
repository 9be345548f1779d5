/**
 * Texts of commands as kept in test/cli/texts, a file for each command and width. `npm test -- test/cli/texts.test.ts -u`
 * writes them anew: look at them before they are committed. Ids, times and places, which differ from run to
 * run, are replaced.
 */
import { fileURLToPath } from 'node:url';
import type { ExpectStatic } from 'vitest';
import { onScreen, type ScreenOptions } from './screen.js';

export const WIDTHS = [50, 80, 120];

export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

export type Mask = [from: string | RegExp, to: string];

const masks: Mask[] = [
  [docs, '/usr/lib/node_modules/fractal-temporal/docs/'],
  [/(?<=test-workflow-)[0-9a-f]{16}/g, '0123456789abcdef'],
  [/\b[0-9a-f]{16}(?=-[0-9a-f]{4}-\d{6}-)/g, '0123456789abcdef'],
  [/(?<="run_id": ")[0-9a-f-]{36}/g, '01234567-89ab-cdef-0123-456789abcdef'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/g, '2026-11-27 08:30'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-27T08:30:00.000Z'],
  [/\b\d+ min \d+ s\b|\b\d+(?:\.\d+)? s\b/g, '1.0 s'],
  [/ {2,}(?=1\.0 s)/g, '  '],
  [/(?<="seconds": )[\d.]+/g, '1'],
  [/\d+:\d\d(?= elapsed)/g, '0:01'],
  [/script-\d+/g, 'script-0'],
  [/units-[0-9a-f]{12,}/g, 'units-0123456789abcdef'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:7233'],
  // Where a process id and a host's name stand, how a line is wrapped depends on them.
  [/try 1: [^]*?(?=\n +log:)/g, 'try 1: ...'],
  [/(?<=tries 1)[^]*?(?=\n {2}\/)/g, '  ...'],
  [/(?<=batch 0: running).*/g, ', ...'],
];

/** The terminal's rows: a line that is longer than it goes on in the next. */
const rowsOf = (text: string, columns: number): string =>
  `${text.replaceAll(new RegExp(`(.{${columns}})(?=.)`, 'gu'), '$1\n').trimEnd()}\n`;

/** The tasks of a run as they were last drawn: how far they had come is another matter each time. */
const withoutPicture = (lines: readonly string[]): string[] => {
  const end = lines.findIndex((line) => / elapsed$/.test(line));
  return end < 0
    ? [...lines]
    : lines.filter((line, index) => index > end || !/^[✓●✗○] | elapsed$/u.test(line));
};

/** Shows a command in a terminal; what it says must be what is kept under `name`. */
export const expectText = async (
  expect: ExpectStatic,
  name: string,
  args: readonly string[],
  { places = [], most = Infinity, ...options }: ScreenOptions & { places?: Mask[]; most?: number },
): Promise<string> => {
  const { columns } = options;
  const { lines } = await onScreen([process.execPath, program, ...args], options);
  const text = [...places, ...masks].reduce(
    (so, [from, to]) => so.replaceAll(from, to),
    withoutPicture(lines).slice(0, most).join('\n'),
  );
  await expect(rowsOf(text, columns)).toMatchFileSnapshot(`./texts/${columns}/${name}.txt`);
  return lines.join('\n');
};
