/** A filter in words, and why it leaves no image: a name that no image has is likely to be misspelt. Pure. */
import type { FilterStep } from '../images/filter-steps.js';
import { didYouMean } from './did-you-mean.js';
import { NAMES_SHOWN, VALUES_SHOWN } from './tunables.js';

/** The first ones, and how many more there are. */
const someOf = (texts: readonly string[], most: number): string =>
  [...texts.slice(0, most), ...(texts.length > most ? [`${texts.length - most} more`] : [])].join(', ');

export const filterWords = ({ filter, key, wanted }: FilterStep): string =>
  typeof wanted === 'boolean'
    ? `${filter} ${key} = ${String(wanted)}`
    : `${filter} ${key} in [${someOf(
        wanted.map((value) => JSON.stringify(value)),
        VALUES_SHOWN,
      )}]`;

/** @param step the one that takes the last image away. */
export const whyNothingPasses = (step: FilterStep): string => {
  const { filter, key, there } = step;
  if (there === undefined || there.includes(key)) return `${filterWords(step)} takes the last one away`;
  const names = there.length === 0 ? 'none' : someOf(there, NAMES_SHOWN);
  return `no image has the ${filter} ${key}${didYouMean(key, there)}; ${filter}s of the images: ${names}`;
};
