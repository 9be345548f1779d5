import { describe, expect, it } from 'vitest';
import { createLiveBlock } from '../../src/cli/live-block.js';
import { shown } from '../support/screen.js';

const terminal = (columns: number) => {
  const writes: string[] = [];
  const write = (text: string): boolean => {
    // As a terminal's driver has it.
    writes.push(text.replaceAll('\n', '\r\n'));
    return true;
  };
  return {
    stream: { columns, rows: 24, isTTY: true, write } as unknown as NodeJS.WriteStream,
    writes,
    screen: async () => (await shown(writes.join(''), columns)).join('\n'),
  };
};

describe('a live block', () => {
  it('writes only what has changed, in one piece, and nothing when nothing has', async () => {
    const { stream, writes, screen } = terminal(80);
    const block = createLiveBlock(stream);
    block.draw(['one 1', 'two 1', 'three 1']);
    block.draw(['one 1', 'two 1', 'three 1']);
    expect(writes).toHaveLength(1);
    block.draw(['one 1', 'two 22', 'three 1']);
    expect(writes).toHaveLength(2);
    expect(writes[1]).not.toContain('one');
    expect(writes[1]).not.toContain('three');
    expect(await screen()).toBe('one 1\ntwo 22\nthree 1');
    block.draw(['o', 'two 22']);
    expect(await screen()).toBe('o\ntwo 22');
    block.draw(['o', 'two 22', 'more']);
    expect(await screen()).toBe('o\ntwo 22\nmore');
  });

  it('a note stands above it, and what is said after the release below', async () => {
    const { stream, screen } = terminal(80);
    const block = createLiveBlock(stream);
    block.draw(['bar 1']);
    block.note('No worker polls');
    block.draw(['bar 2']);
    block.release();
    block.draw(['bar 3']);
    block.note('Leaving');
    expect(await screen()).toBe('No worker polls\nbar 2\nLeaving');
  });

  it('asks a terminal that can to show a change at once, and leaves its cursor alone', () => {
    const { stream, writes } = terminal(80);
    const block = createLiveBlock(stream);
    block.draw(['one']);
    block.release();
    expect(writes[0]).toMatch(/^\u001b\[\?2026h.*\u001b\[\?2026l$/s);
    expect(writes.join('')).not.toContain('\u001b[?25l');
  });
});
