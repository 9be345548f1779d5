/**
 * Lines at the end of a terminal's output that are drawn anew in place. Each change is one write of the lines that
 * differ, so that nothing flickers, over a slow connection neither; where nothing has changed nothing is written.
 */
import stringWidth from 'string-width';

type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns'>;

export interface LiveBlock {
  /** Shows these lines in the place of the last ones; none may be wider than the terminal. */
  draw(lines: readonly string[]): void;
  /** A line that stays, above the block. */
  note(line: string): void;
  /** The block stays as it is, and is never touched again. */
  release(): void;
}

const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '');

export const createLiveBlock = (stream: Terminal): LiveBlock => {
  let drawn: readonly string[] = [];
  let columns = stream.columns;
  let released = false;
  /** A terminal that has become narrower has wrapped what was there. */
  const rowsOf = (line: string): number =>
    stream.columns > 0 ? Math.max(1, Math.ceil(stringWidth(line) / stream.columns)) : 1;
  const anew = (lines: readonly string[]): string => {
    const rows = drawn.reduce((sum, line) => sum + rowsOf(line), 0);
    return `${up(rows)}\r${CLEAR_BELOW}${lines.map((line) => `${line}\n`).join('')}`;
  };
  const changes = (lines: readonly string[]): string => {
    const first = lines.findIndex((line, index) => line !== drawn[index]);
    if (first < 0 && lines.length === drawn.length) return '';
    const from = first < 0 ? lines.length : first;
    const body = lines.slice(from).map((line, index) =>
      // A line that is the same is stepped over.
      line === drawn[from + index] ? '\n' : `${line}${CLEAR_TO_LINE_END}\n`,
    );
    return `${up(drawn.length - from)}\r${body.join('')}${lines.length < drawn.length ? CLEAR_BELOW : ''}`;
  };
  const show = (lines: readonly string[], before: string): void => {
    const text =
      before !== '' || stream.columns !== columns
        ? anew([...(before === '' ? [] : [before]), ...lines])
        : changes(lines);
    columns = stream.columns;
    drawn = [...lines];
    if (text !== '') stream.write(text);
  };
  return {
    draw: (lines) => {
      if (!released) show(lines, '');
    },
    note: (line) => {
      if (released) stream.write(`${line}\n`);
      else show(drawn, line);
    },
    release: () => {
      released = true;
    },
  };
};
