/**
 * Lines at the end of a terminal's output that are drawn anew in place: by log-update, which writes what has changed, in
 * one piece, and nothing where nothing has, so that nothing flickers, over a slow connection neither.
 */
import { createLogUpdate } from 'log-update';

export interface LiveBlock {
  /** Shows these lines in the place of the last ones; none may be wider than the terminal. */
  draw(lines: readonly string[]): void;
  /** A line that stays, above the block. */
  note(line: string): void;
  /** The block stays as it is, and is never touched again. */
  release(): void;
}

export const createLiveBlock = (stream: NodeJS.WriteStream): LiveBlock => {
  // Hidden, it would have to be shown again however this process ends.
  const render = createLogUpdate(stream, { showCursor: true });
  let drawn = '';
  let released = false;
  return {
    draw: (lines) => {
      if (released) return;
      drawn = lines.join('\n');
      render(drawn);
    },
    note: (line) => {
      render.persist(line);
      if (!released && drawn !== '') render(drawn);
    },
    release: () => {
      released = true;
      render.done();
    },
  };
};
