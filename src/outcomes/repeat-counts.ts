/** What ran again in a task, why and with what: a few lines for its log, whatever the number of units. Pure. */
import { askedWords, endWords } from './repeat-words.js';
import type { TriedUnit, UnitOutcome } from './unit-outcome.js';

/** Lines of one task; more kinds of repeats say nothing new. */
const LINES = 20;

export interface RepeatCounts {
  add(units: readonly Pick<UnitOutcome, 'tries' | 'status'>[]): void;
  lines(): string[];
}

const words = (before: TriedUnit, { n, requested }: TriedUnit): string => {
  const asked = askedWords(requested);
  return `try ${n} after ${endWords([before])}${asked === '' ? '' : `, asked for ${asked}`}`;
};

/** Counts while units pass by: those that had begun and ran once more. */
export const countRepeats = (): RepeatCounts => {
  const counts = new Map<string, number>();
  return {
    add: (units) => {
      for (const { tries } of units) {
        for (const [index, tried] of tries.entries()) {
          const before = tries.slice(0, index).findLast(({ begun }) => begun);
          if (before === undefined || !tried.begun) continue;
          const line = words(before, tried);
          counts.set(line, (counts.get(line) ?? 0) + 1);
        }
      }
    },
    lines: () => [...counts].slice(0, LINES).map(([line, count]) => `${line}: ${count} units`),
  };
};
