/** Time limits as sbatch(1) takes them for --time. Pure. */

const FORMATS: readonly [RegExp, (parts: number[]) => number][] = [
  [/^(\d+)$/, ([minutes = 0]) => minutes * 60],
  [/^(\d+):(\d+)$/, ([minutes = 0, seconds = 0]) => minutes * 60 + seconds],
  [/^(\d+):(\d+):(\d+)$/, ([hours = 0, minutes = 0, seconds = 0]) => hours * 3600 + minutes * 60 + seconds],
  [
    /^(\d+)-(\d+)(?::(\d+))?(?::(\d+))?$/,
    ([days = 0, hours = 0, minutes = 0, seconds = 0]) =>
      days * 86_400 + hours * 3600 + minutes * 60 + seconds,
  ],
];
const NO_LIMIT = /^(infinite|unlimited|-1)$/i;

/** What {@link isTimeLimit} takes, for messages. */
export const TIME_SYNTAX =
  'a time as SLURM writes it (minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes, days-hours:minutes:seconds, UNLIMITED)';

/** Seconds of a time limit; null when it is none (`UNLIMITED`, or no time at all). */
export const parseTimeLimit = (text: string): number | null => {
  for (const [format, seconds] of FORMATS) {
    const match = format.exec(text.trim());
    if (match !== null)
      return seconds(match.slice(1).map((part) => Number((part as string | undefined) ?? 0)));
  }
  return null;
};

/** Whether sbatch takes the text for --time. */
export const isTimeLimit = (text: string): boolean =>
  NO_LIMIT.test(text) || (!/\s/.test(text) && parseTimeLimit(text) !== null);

/** A time limit of so many seconds, in whole minutes as SLURM counts. */
export const formatTimeLimit = (seconds: number): string => String(Math.ceil(seconds / 60));
