/** Lines for people, broken between words where a terminal would break them anywhere. Pure. */
import stringWidth from 'string-width';

/** What is meant to be copied as it stands. */
const isCommand = (line: string): boolean => /(?:^|: )\s*fractal-temporal /.test(line);

const wrapLine = (line: string, width: number, hanging: string): string[] => {
  if (stringWidth(line) <= width || isCommand(line)) return [line];
  const indent = `${/^\s*/.exec(line)?.[0] ?? ''}${hanging}`;
  const lines: string[] = [];
  let now = '';
  for (const word of line.split(/(?<=\s)(?=\S)/)) {
    // A word that is longer than a line stays whole, for copying: the terminal breaks it.
    const fits = stringWidth((now + word).trimEnd()) <= width;
    if (fits || now.trim() === '' || stringWidth((indent + word).trimEnd()) > width) now += word;
    else {
      lines.push(now.trimEnd());
      now = indent + word;
    }
  }
  return [...lines, now.trimEnd()];
};

/**
 * Each line in at most `width` columns, but for commands and for words that are longer.
 *
 * @param hanging stands before what goes on, after the line's own indentation.
 */
export const wrapText = (text: string, width: number, hanging = '  '): string =>
  text
    .split('\n')
    .flatMap((line) => wrapLine(line, width, hanging))
    .join('\n');
