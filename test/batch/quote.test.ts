import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoteWord } from '../../src/batch/quote.js';

const read = (words: string[]): string[] =>
  execFileSync('bash', ['-s'], {
    input: `printf '%s\\0' ${words.map(quoteWord).join(' ')}`,
    encoding: 'utf8',
  })
    .split('\0')
    .slice(0, -1);

it('bash reads every word as it was', () => {
  const character = fc.oneof(
    fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;# \t\n\r\u0001\u007f0123456789'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((text) => !text.includes('\0')),
  );
  const word = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 50 }), (words) => {
      expect(read(words)).toEqual(words);
    }),
    { numRuns: 40 },
  );
});

it('puts every word on one line, as sbatch refuses scripts with DOS line ends', () => {
  expect(quoteWord('a\r\nb')).toBe("$'a\\015\\012b'");
  expect(quoteWord("two words, it's")).not.toContain('\n');
});

it('refuses what no process can be given', () => {
  expect(() => quoteWord('a\0b')).toThrow('NUL');
});
