/** A log on its way to a terminal: line by line, folded and plain, however large it is. */
import { StringDecoder } from 'node:string_decoder';
import { readableText } from '../state/plain-text.js';
import { OPEN_LINE_CHARACTERS } from './tunables.js';

/** Splits what has come so far into whole lines and the open one, of which only what can still be seen is kept. */
const wholeLines = (text: string): { lines: string; open: string } => {
  const end = text.lastIndexOf('\n') + 1;
  const open = text.slice(end);
  if (open.length <= OPEN_LINE_CHARACTERS) return { lines: text.slice(0, end), open };
  // A bar without an end: its last state is enough. Anything else of that length goes out as it is.
  const state = open.lastIndexOf('\r', open.length - 2) + 1;
  return state > 0 ? { lines: text.slice(0, end), open: open.slice(state) } : { lines: text, open: '' };
};

/** For `pipeline`: bytes in, readable text out. */
export async function* readableLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let kept = '';
  for await (const chunk of chunks) {
    const { lines, open } = wholeLines(kept + decoder.write(chunk));
    kept = open;
    if (lines !== '') yield readableText(lines);
  }
  yield readableText(kept + decoder.end());
}
