import { describe, expect, it } from 'vitest';
import { filterWords, whyNothingPasses } from '../../src/validation/filter-words.js';

const step = { filter: 'attribute', key: 'wel', wanted: ['B03'], left: 0 } as const;

describe('why nothing passes', () => {
  it.each([
    ['attribute wel in ["B03"] takes the last one away', { there: ['plate', 'wel'] }],
    [
      'no image has the attribute wel (did you mean "well"?); attributes of the images: plate, well',
      { there: ['plate', 'well'] },
    ],
    ['no image has the attribute wel; attributes of the images: none', { there: [] }],
    ['type dark = true takes the last one away', { filter: 'type', key: 'dark', wanted: true }],
  ] as const)('%s', (words, more) => {
    expect(whyNothingPasses({ ...step, wanted: [...step.wanted], ...structuredClone(more) } as never)).toBe(
      words,
    );
  });

  it('stays short, however many names and values there are', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `n${index}`);
    expect(filterWords({ ...step, wanted: many })).toMatch(/^attribute wel in \["n0", .*"n11", 4988 more\]$/);
    expect(whyNothingPasses({ ...step, wanted: many, there: many })).toMatch(/ n0, .*n9, 4990 more$/);
  });
});
