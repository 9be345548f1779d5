/** `#SBATCH` lines as sbatch reads them (its opt.c): words, quotes, options that may be cut short. Pure. */

const PREFIX = '#SBATCH';
/** sbatch reads lines of this obsolete prefix too. */
const OLD_PREFIX = '#SLURM';

const prefixOf = (line: string): string | undefined =>
  [PREFIX, OLD_PREFIX].find((prefix) => line.startsWith(prefix));

export const isSbatchLine = (line: string): boolean => prefixOf(line) !== undefined;

/** sbatch reads its options up to the first other line, so they have to come first. Order is kept otherwise. */
export const sbatchLinesFirst = (lines: readonly string[]): { sbatch: string[]; others: string[] } => ({
  sbatch: lines.filter(isSbatchLine),
  others: lines.filter((line) => !isSbatchLine(line)),
});

/** A word, or a quoted piece of one, or an escaped character of one; a `#` outside of quotes ends the line. */
const PIECE = /\\(.?)|"((?:\\.|[^"\\])*)"?|'((?:\\.|[^'\\])*)'?|(\s+)|(#.*)|([^\s\\"'#]+)/gs;

const unescaped = (text: string): string => text.replace(/\\(.)/gs, '$1');

/** The words of such a line, without its prefix, quotes and escapes. */
export const sbatchWordsOf = (line: string): string[] => {
  const words: string[] = [];
  let word: string | null = null;
  const text = line.slice(prefixOf(line)?.length ?? 0);
  for (const [, escaped, double, single, space, comment, plain] of text.matchAll(PIECE)) {
    if (space === undefined && comment === undefined) {
      word = (word ?? '') + (escaped ?? unescaped(double ?? single ?? plain ?? ''));
      continue;
    }
    if (word !== null) words.push(word);
    word = null;
    if (comment !== undefined) break;
  }
  return word === null ? words : [...words, word];
};

export interface SbatchOption {
  long: string;
  /** Its one letter; null where it has none. */
  short: string | null;
}

/** Letters of options without a value: others may follow them in the same word (`-HJ name`). */
const LETTERS_WITHOUT_VALUE = 'hHOQsvVW';

const setsShort = (word: string, letter: string): boolean => {
  for (const given of word.slice(1)) {
    if (given === letter) return true;
    if (!LETTERS_WITHOUT_VALUE.includes(given)) return false;
  }
  return false;
};

/** Long options may be cut short (getopt_long(3)); one that fits several is refused by sbatch itself. */
const sets = (word: string, { long, short }: SbatchOption): boolean => {
  if (word.startsWith('--')) {
    const [name = ''] = word.slice(2).split('=', 1);
    return name !== '' && long.startsWith(name);
  }
  return short !== null && word.startsWith('-') && setsShort(word, short);
};

/** The first of `options` that the line sets. */
export const optionSetIn = <T extends SbatchOption>(line: string, options: readonly T[]): T | undefined => {
  if (!isSbatchLine(line)) return undefined;
  const words = sbatchWordsOf(line);
  return options.find((option) => words.some((word) => sets(word, option)));
};

/** A line that makes of a job several (`#SBATCH hetjob`). */
export const isJobSeparator = (line: string): boolean =>
  isSbatchLine(line) && /^\s*(hetjob|packjob)(\s|$)/i.test(line.slice(prefixOf(line)?.length ?? 0));
