import { describe, expect, it } from 'vitest';
import { foldCarriageReturns, lastLines, plainText } from '../../src/state/plain-text.js';

describe('foldCarriageReturns', () => {
  it.each([
    ['a bar leaves its last state', 'start\n 0%\r 50%\r100%\nend', 'start\n100%\nend'],
    ['a bar that is not over', '0%\r50%\r', '50%'],
    ['CRLF is a newline', 'one\r\ntwo\r\n', 'one\ntwo\n'],
    ['nothing to fold', 'one\n\ntwo', 'one\n\ntwo'],
  ])('%s', (_what, text, folded) => {
    expect(foldCarriageReturns(text)).toBe(folded);
  });
});

describe('plainText', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a window title', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['a string without an end takes no other line along', 'a\u001b]0;x\nb', 'a\nb'],
    ['clear and move', 'a\u001b[2J\u001b[1;1Hb\u001bcc', 'abc'],
    ['eight-bit sequences', 'a\u009b31mb', 'ab'],
    ['NUL, bell, backspace, DEL', 'a\u0000b\u0007c\u0008d\u007fe', 'abcde'],
    ['tabs, lines and letters of all languages stay', 'Zürich\t日本\n😀', 'Zürich\t日本\n😀'],
  ])('%s', (_what, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });
});

describe('lastLines', () => {
  it('are counted after folding, shortened, and end with something', () => {
    expect(lastLines('a\nb\n1\r2\r3\nlong line\n\n', 3, 4)).toBe('b\n3\nlong...');
  });
});
