/** Tables that fit their place: columns are cut, then left out, then each row becomes a few lines. Pure. */
import Table from 'cli-table3';
import stringWidth from 'string-width';
import { plainText } from '../state/plain-text.js';
import { ellipsis, paint, type Style, type Tone } from './style.js';

export interface Column {
  head: string;
  /** May be cut down to so many characters; not at all when absent (what people copy). */
  least?: number;
  /** Left out where there is no room for it; the last one first. */
  optional?: boolean;
  right?: boolean;
  /** Where rows become a few lines, the head stands before the cell: a number alone says nothing. */
  named?: boolean;
}

export type Cell = string | number | { text: string; tone: Tone | null };

const GAP = 2;

const textOf = (cell: Cell): string =>
  plainText(typeof cell === 'object' ? cell.text : String(cell)).replaceAll('\n', ' ');

const painted = (style: Style, cell: Cell): string =>
  paint(style, typeof cell === 'object' ? cell.tone : null, textOf(cell));

const widthOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);

/** Takes from the widest column that can give until the row fits; null when it does not. */
const fit = (columns: readonly Column[], natural: readonly number[], width: number): number[] | null => {
  const widths = [...natural];
  while (widthOf(widths) > width) {
    const givers = widths.flatMap((now, index) => {
      const least = Math.max(columns[index]?.least ?? Infinity, stringWidth(columns[index]?.head ?? ''));
      return now > least ? [index] : [];
    });
    const widest = givers.reduce<number | null>(
      (best, index) => (best === null || (widths[index] ?? 0) > (widths[best] ?? 0) ? index : best),
      null,
    );
    if (widest === null) return null;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
};

/** Which columns are shown, and how wide; null where even the necessary ones do not fit. */
const layout = (
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): { shown: number[]; widths: number[] } | null => {
  let shown = columns.map((_, index) => index);
  for (;;) {
    const at = shown;
    const chosen = at.flatMap((index) => columns[index] ?? []);
    const widths = fit(
      chosen,
      at.map((index) => natural[index] ?? 0),
      width,
    );
    if (widths !== null) return { shown, widths };
    const leave = at.findLast((index) => columns[index]?.optional === true);
    if (leave === undefined) return null;
    shown = at.filter((index) => index !== leave);
  }
};

const noRules = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);

/** Words of a row below each other where they do not fit beside each other. */
const wrapped = (words: readonly string[], width: number): string[] => {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last}  ${word}`;
    if (last === undefined || stringWidth(longer) + GAP > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
};

/** Stands for what is not known in a column. */
export const NOTHING = '-';

/** Each row as its first cell and, below it, the others. */
const stacked = (columns: readonly Column[], rows: readonly Cell[][], style: Style): string =>
  rows
    .map(([first = '', ...rest]) => {
      const below = rest.flatMap((cell, index) => {
        const { head = '', named = false } = columns[index + 1] ?? {};
        if (['', NOTHING].includes(textOf(cell))) return [];
        return [named ? `${head} ${painted(style, cell)}` : painted(style, cell)];
      });
      return [painted(style, first), ...wrapped(below, style.width).map((line) => `  ${line}`)].join('\n');
    })
    .join('\n');

/** Without rules, so that it reads the same in a terminal, in a file and over `grep`. */
export const formatTable = (columns: readonly Column[], rows: readonly Cell[][], style: Style): string => {
  const natural = columns.map(({ head }, index) =>
    Math.max(stringWidth(head), ...rows.map((row) => stringWidth(textOf(row[index] ?? '')))),
  );
  const chosen = layout(columns, natural, style.width);
  if (chosen === null) return stacked(columns, rows, style);
  const { shown, widths } = chosen;
  const table = new Table({
    head: shown.map((index) => columns[index]?.head.toUpperCase() ?? ''),
    colWidths: widths.map((width) => width + GAP),
    colAligns: shown.map((index) => (columns[index]?.right === true ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    chars: noRules,
    truncate: ellipsis(style),
  });
  table.push(...rows.map((row) => shown.map((index) => painted(style, row[index] ?? ''))));
  return table.toString().replaceAll(/ +$/gm, '');
};
