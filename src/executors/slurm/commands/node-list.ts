/** SLURM's short form of lists of nodes, `n[1-3,07],login`. Pure. */

/** More than this is no list that anybody has written. */
const LONGEST_RANGE = 100_000;

const expandRange = (range: string): string[] | null => {
  const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(range);
  if (match === null) return null;
  const [, first = '', last = first] = match;
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > LONGEST_RANGE) return null;
  return Array.from({ length: count }, (_, at) => String(Number(first) + at).padStart(first.length, '0'));
};

/** The names that a list stands for; null when it is of a form that is not known here (two brackets in a name). */
export const expandNodes = (list: string): string[] | null => {
  const names: string[] = [];
  for (const [, prefix = '', ranges, suffix = ''] of list.matchAll(
    /([^,[\]]+)(?:\[([^\]]*)\])?([^,]*)(?:,|$)/g,
  )) {
    if (suffix.includes('[')) return null;
    for (const range of ranges?.split(',') ?? [null]) {
      const numbers = range === null ? [''] : expandRange(range);
      if (numbers === null) return null;
      names.push(...numbers.map((number) => `${prefix}${number}${suffix}`));
    }
  }
  return names;
};
