/** A page of docs/ as plain text for a terminal: headings, paragraphs, tables as lists, code. Pure. */
import stringWidth from 'string-width';
import { ellipsis, type Style } from './style.js';

/** Where nothing is cut, lines are still read by people. */
const USUAL_WIDTH = 100;

const plain = (text: string): string =>
  text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\*\*([^*]+)\*\*/g, '$1')
    .replaceAll(/(`+) ?(.+?) ?\1/g, '$2');

const wrap = (text: string, width: number, indent: string): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && stringWidth(indent + longer) > width) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  return line === '' ? lines : [...lines, indent + line];
};

const cellsOf = (row: string): string[] =>
  row
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => plain(cell.trim().replaceAll('\\|', '|')));

const isRule = (row: string): boolean => /^[\s|:-]+$/.test(row);

const tableLines = (rows: readonly string[], width: number): string[] => {
  const [head = '', ...body] = rows.filter((row) => !isRule(row));
  const names = cellsOf(head);
  return body.flatMap((row) => {
    const [first = '', ...rest] = cellsOf(row);
    const told = rest.flatMap((cell, index) => {
      const name = rest.length > 1 ? (names[index + 1] ?? '') : '';
      return cell === '' ? [] : wrap(name === '' ? cell : `${name}: ${cell}`, width, '      ');
    });
    return [...wrap(first, width, '  '), ...told];
  });
};

type Kind = 'table' | 'text' | 'item' | 'heading' | 'empty';

const kindOf = (line: string): Kind => {
  if (line.trim() === '') return 'empty';
  if (line.startsWith('|')) return 'table';
  if (/^#+ /.test(line)) return 'heading';
  return /^\s*(?:[-*]|\d+\.) /.test(line) ? 'item' : 'text';
};

const blockLines = (kind: Kind, lines: readonly string[], width: number): string[] => {
  if (kind === 'empty') return [''];
  if (kind === 'heading') return [plain(lines.join(' ').replace(/^#+ /, '')).toUpperCase()];
  if (kind === 'table') return tableLines(lines, width);
  return wrap(plain(lines.join(' ')), width, kind === 'item' ? '  ' : '');
};

interface Block {
  kind: Kind | 'code';
  lines: string[];
}

const goesOn = (last: Block | undefined, kind: Block['kind']): boolean =>
  last !== undefined &&
  ((kind === last.kind && ['table', 'text', 'code'].includes(kind)) ||
    (kind === 'text' && last.kind === 'item'));

const blocksOf = (page: string): Block[] => {
  const blocks: Block[] = [];
  let isCode = false;
  for (const line of page.trim().split('\n')) {
    if (line.startsWith('```')) {
      isCode = !isCode;
      continue;
    }
    const kind = isCode ? 'code' : kindOf(line);
    const last = blocks.at(-1);
    if (goesOn(last, kind)) last?.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks;
};

/** @param page Markdown of docs/. */
export const pageText = (page: string, style: Style): string => {
  const width = Math.min(style.width, USUAL_WIDTH);
  const end = ellipsis(style);
  const code = (line: string): string => {
    const text = `    ${line}`;
    return text.length <= width ? text : text.slice(0, width - end.length) + end;
  };
  return blocksOf(page)
    .flatMap(({ kind, lines }) => (kind === 'code' ? lines.map(code) : blockLines(kind, lines, width)))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n');
};

export interface Excerpt {
  text: string;
  /** Further sections of the page. */
  others: string[];
}

/** A section of a page, or its beginning: what stands before its second section. */
export const excerptOf = (page: string, section: string | null): Excerpt => {
  const parts = page.split(/^(?=## )/m);
  const titleOf = (part: string): string => /^## (.*)/.exec(part)?.[1] ?? '';
  const found = section === null ? undefined : parts.find((part) => titleOf(part) === section);
  const shown = section === null ? parts.slice(0, 2) : found === undefined ? [] : [found];
  const others = section === null ? parts.slice(2).map(titleOf) : [];
  return { text: shown.join(''), others };
};
