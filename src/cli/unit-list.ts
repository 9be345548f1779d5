/** `3,7-9`: which units, as the command line names them. */
import { InvalidArgumentError } from 'commander';

const EXPECTED = 'expected unit indices, such as 3,7-9, or failed.';

/** A list that is longer would be no list but a mistake. */
const MOST_UNITS = 1_000_000;

const range = (text: string): number[] => {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim());
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? first : Number(match[2]);
  if (match === null || last < first || last - first >= MOST_UNITS) throw new InvalidArgumentError(EXPECTED);
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
};

export const unitList = (text: string): number[] | 'failed' =>
  text === 'failed' ? text : text.split(',').flatMap(range);
