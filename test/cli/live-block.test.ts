import { describe, expect, it } from 'vitest';
import { createLiveBlock } from '../../src/cli/live-block.js';

/** A terminal of few rules: newline, carriage return, cursor up, clear to the line's end and below. */
const terminal = (columns: number) => {
  const rows: string[] = [''];
  let row = 0;
  let column = 0;
  const writes: string[] = [];
  const write = (text: string): boolean => {
    writes.push(text);
    for (const [part, amount] of text.matchAll(/\u001b\[(\d*)[AKJ]|[^\u001b]/g)) {
      if (part === '\n') [row, column] = [row + 1, 0];
      else if (part === '\r') column = 0;
      else if (part.endsWith('A') && part.startsWith('\u001b')) row -= Number(amount);
      else if (part === '\u001b[K') rows[row] = (rows[row] ?? '').slice(0, column);
      else if (part === '\u001b[J') rows.splice(row, Infinity, (rows[row] ?? '').slice(0, column));
      else {
        const line = rows[row] ?? '';
        rows[row] = line.slice(0, column) + part + line.slice(column + 1);
        column += 1;
      }
    }
    return true;
  };
  return {
    stream: { columns, write } as unknown as NodeJS.WriteStream,
    writes,
    screen: () => rows.join('\n').trimEnd(),
  };
};

describe('a live block', () => {
  it('writes only what has changed, in one piece, and nothing when nothing has', () => {
    const { stream, writes, screen } = terminal(80);
    const block = createLiveBlock(stream);
    block.draw(['one 1', 'two 1', 'three 1']);
    block.draw(['one 1', 'two 1', 'three 1']);
    expect(writes).toHaveLength(1);
    block.draw(['one 1', 'two 22', 'three 1']);
    expect(writes).toHaveLength(2);
    expect(writes[1]).not.toContain('one');
    expect(writes[1]).not.toContain('three');
    expect(screen()).toBe('one 1\ntwo 22\nthree 1');
    block.draw(['o', 'two 22']);
    expect(screen()).toBe('o\ntwo 22');
    block.draw(['o', 'two 22', 'more']);
    expect(screen()).toBe('o\ntwo 22\nmore');
  });

  it('a note stands above it, and what is said after the release below', () => {
    const { stream, screen } = terminal(80);
    const block = createLiveBlock(stream);
    block.draw(['bar 1']);
    block.note('No worker polls');
    block.draw(['bar 2']);
    block.release();
    block.draw(['bar 3']);
    block.note('Leaving');
    expect(screen()).toBe('No worker polls\nbar 2\nLeaving');
  });
});
