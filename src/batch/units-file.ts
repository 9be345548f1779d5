import type { JsonObject } from '../wire/request.js';

/** One unit as a batch script reads it. */
export interface BatchUnit {
  /** 0-based in its task. */
  index: number;
  /** Start of its file names: `{stem}-args.json`, `{stem}-log.txt`, `{stem}-metadiff.json`. */
  stem: string;
  args: JsonObject;
  /**
   * The try that ran it in vain, where it may run again: the script renames the log that this one left to
   * `{stem}-log.{n}.txt`, which frees the unit's claim.
   */
  interruptedIn?: number;
  /** Units of one group stand one after the other, and never run at once; absent: it is in none. */
  group?: number;
}

/**
 * One line of a units file, without its newline: index TAB stem TAB arguments; `index=g` for one of group g, `index+n` and
 * `index=g+n` for one that try n has run in vain. JSON escapes tabs, newlines and NUL inside strings, so a unit is always one line. Every line of the file ends with a newline.
 */
export const formatUnit = ({ index, stem, args, interruptedIn, group }: BatchUnit): string =>
  `${index}${group === undefined ? '' : `=${group}`}${interruptedIn === undefined ? '' : `+${interruptedIn}`}\t${stem}\t${JSON.stringify(args)}`;

const parseUnit = (line: string, lineIndex: number): BatchUnit => {
  // `s`: a line separator (U+2028, U+2029) stands in JSON as it is, and no `.` matches it otherwise.
  const match = /^(\d+)(?:=(\d+))?(?:\+(\d+))?\t([^\t]+)\t(\{.*\})$/s.exec(line);
  const [, index, group, interruptedIn, stem, args] = match ?? [];
  if (index === undefined || stem === undefined || args === undefined) {
    throw new Error(`units file, line ${lineIndex + 1}: expected index, stem and arguments between tabs`);
  }
  return {
    ...{ index: Number(index), stem, args: JSON.parse(args) as JsonObject },
    ...(interruptedIn === undefined ? {} : { interruptedIn: Number(interruptedIn) }),
    ...(group === undefined ? {} : { group: Number(group) }),
  };
};

/**
 * The units of a whole units file.
 *
 * @throws Error that names the line when the text is not a units file, e.g. cut short.
 */
export const parseUnits = (text: string): BatchUnit[] => {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('units file: the last line is cut short');
  return text.slice(0, -1).split('\n').map(parseUnit);
};
