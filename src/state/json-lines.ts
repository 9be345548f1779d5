/** JSON lines: one JSON value a line, read and written without ever holding the whole text as one string. */

/** The lines of a buffer as text, without their newlines; a last line without a newline counts. */
export function* lines(bytes: Buffer): Generator<string> {
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end > start) yield bytes.toString('utf8', start, end);
    start = end + 1;
  }
}

/** Parses each line. The text is ours and digest-checked, so it is trusted to be of type T. */
export function* parseLines<T>(bytes: Buffer): Generator<T> {
  for (const line of lines(bytes)) yield JSON.parse(line) as T;
}

export function* formatLines(values: Iterable<unknown>): Generator<string> {
  for (const value of values) yield `${JSON.stringify(value)}\n`;
}
