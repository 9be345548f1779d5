/** What a terminal can show: width, colours, symbols, and whether lines may be drawn anew. */
import type { Environment } from '../server/folders.js';
import type { Style } from '../report/style.js';

/** Where a terminal does not tell, as serial lines do. */
const USUAL_COLUMNS = 80;

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>;

/** `COLUMNS`, as shells set it for programs that ask for it. */
const givenColumns = (env: Environment): number | null => {
  const columns = Number(env['COLUMNS'] ?? '');
  return Number.isSafeInteger(columns) && columns > 0 ? columns : null;
};

/** FORCE_COLOR (0 and false: none), then NO_COLOR (https://no-color.org), then what the terminal is. */
const wantsColor = ({ isTTY }: Stream, env: Environment): boolean => {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return !['0', 'false'].includes(force);
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTTY && env['TERM'] !== 'dumb';
};

/** The first of the three that is set decides, as setlocale(3) has it; none: the C locale, which is ASCII. */
const showsUnicode = (env: Environment): boolean =>
  /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');

/** Of a stream of this process. */
export const styleOf = (stream: Stream, env: Environment): Style => ({
  // 0 is what some pseudo terminals say.
  width: stream.isTTY ? stream.columns || USUAL_COLUMNS : (givenColumns(env) ?? Infinity),
  color: wantsColor(stream, env),
  unicode: showsUnicode(env),
});

/** May lines be drawn anew in place? Not in logs of CI systems, some of which claim to be terminals. */
export const isAnimated = (stream: Stream, env: Environment): boolean =>
  stream.isTTY && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
