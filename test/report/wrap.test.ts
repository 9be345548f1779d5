import { describe, expect, it } from 'vitest';
import { wrapText } from '../../src/report/wrap.js';

describe('text for people', () => {
  it('is broken between words, and what goes on is indented', () => {
    expect(wrapText('  one two three four', 12)).toBe('  one two\n    three\n    four');
    expect(wrapText('fits as it is', 13)).toBe('fits as it is');
    expect(wrapText('a b\nc d e', 4)).toBe('a b\nc d\n  e');
  });

  it('keeps commands and long words whole, to be copied', () => {
    const command = '  fractal-temporal retry test-workflow [--units 3]';
    expect(wrapText(command, 20)).toBe(command);
    expect(wrapText('again: fractal-temporal run a.json --again', 20)).toBe(
      'again: fractal-temporal run a.json --again',
    );
    expect(wrapText('Log: /a/path/that/is/longer/than/a/line end', 12)).toBe(
      'Log: /a/path/that/is/longer/than/a/line\n  end',
    );
  });

  it('spaces within a line stay, and a width without end changes nothing', () => {
    expect(wrapText('Run:       a b c d e', 16)).toBe('Run:       a b c\n  d e');
    expect(wrapText('x '.repeat(1_000), Infinity)).toBe('x '.repeat(1_000));
  });
});
