/** Which known word a misspelt one is likely to mean. Pure. */

/** Edits (a letter more, less, another, two exchanged) from one word to another. */
const distance = (from: string, to: string): number => {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(
        Math.min(
          (rows[i - 1]?.[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    rows.push(row);
  }
  return rows.at(-1)?.at(-1) ?? 0;
};

/** Of a long word more can be wrong and it is still the same word. */
const allowed = (word: string): number => (word.length >= 10 ? 3 : word.length >= 5 ? 2 : 1);

/** Nobody types such a word, and to compare it takes long. */
const LONGEST = 60;

/** The known word nearest to `word`, null when none is near. Case does not count; a known word itself is no slip. */
export const closestTo = (word: string, known: readonly string[]): string | null => {
  if (word.length > LONGEST || known.includes(word)) return null;
  let best: { name: string; edits: number } | null = null;
  for (const name of known) {
    if (Math.abs(name.length - word.length) > allowed(word)) continue;
    const edits = distance(word.toLowerCase(), name.toLowerCase());
    if (edits <= allowed(word) && edits < (best?.edits ?? Infinity)) best = { name, edits };
  }
  return best?.name ?? null;
};

/** ` (did you mean "mem"?)`, empty where nothing is near. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const near = closestTo(word, known);
  return near === null ? '' : ` (did you mean "${near}"?)`;
};
