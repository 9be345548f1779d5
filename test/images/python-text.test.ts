import { describe, expect, it } from 'vitest';
import { hasControlCharacter, pythonStrip } from '../../src/images/python-text.js';
import { pythonRecorded } from '../support/python-recorded.js';

describe('pythonStrip', () => {
  it('takes away exactly the characters that Python takes', () => {
    const taken: number[] = [];
    for (let point = 0; point <= 0x10ffff; point += 1) {
      if (point >= 0xd800 && point < 0xe000) continue;
      if (pythonStrip(String.fromCodePoint(point)) === '') taken.push(point);
    }
    expect(taken).toEqual(pythonRecorded.stripped_code_points);
  });

  it('leaves what is within', () => {
    expect(pythonStrip(' \u001f\n a \u00a0 b \u3000')).toBe('a \u00a0 b');
    expect(pythonStrip('\ufeffa\u200b')).toBe('\ufeffa\u200b');
    expect(pythonStrip('')).toBe('');
  });
});

describe('hasControlCharacter', () => {
  it.each(['\u0000', 'a\nb', '\u001f', 'x\u007f', '\u0085y', '\u009f'])('finds %j', (text) => {
    expect(hasControlCharacter(text)).toBe(true);
  });

  it.each(['', 'a b', '~', '\u00a0', 'é', '日本', '\u2028'])('lets %j pass', (text) => {
    expect(hasControlCharacter(text)).toBe(false);
  });
});
