import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMemory } from '../../src/quantities/memory.js';

describe('parseMemory', () => {
  it.each([
    [93, 93],
    ['93', 93],
    ['71M', 71],
    ['3G', 3000],
    ['1T', 1_000_000],
  ])('%j is %i MB', (value, expected) => {
    expect(parseMemory(value)).toBe(expected);
  });

  it.each([
    '100MB',
    'M100',
    '1.5G',
    '1g',
    '',
    '-1',
    '1K',
    ' 1G',
    '1G\n',
    '١',
    0,
    '0',
    -1,
    1.5,
    NaN,
    1e300,
    null,
    true,
    [],
  ])('%j is no memory', (value) => {
    expect(parseMemory(value)).toBeNull();
  });

  it('counts units in powers of ten', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (n) => {
        expect(parseMemory(`${n}G`)).toBe(n * 1000);
        expect(parseMemory(`${n}T`)).toBe(n * 1_000_000);
      }),
    );
  });
});
