import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, parseJson } from '../../src/wire/parse-json.js';

const thrown = (text: string): JsonError => {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error(`taken: ${text}`);
};

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/(?<![\d.])\d{16,}(?![\d.e])/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
    expect(parseJson('{"a": 1, "a": 2}')).toEqual({ a: 2 });
    expect(parseJson('{"a": 1, "a": 2, "b": "1234567890123456789"}')).toEqual({
      a: 2,
      b: '1234567890123456789',
    });
  });

  it.each([
    '9007199254740992',
    '-9007199254740992',
    '0.12345678901234567890',
    '1e300',
    '-1.5E+100',
    '1e-999',
    '1E0',
  ])('takes %s', (text) => {
    expect(parseJson(text)).toBe(Number(text));
  });

  it.each([
    ['9007199254740993', ''],
    ['-9007199254740993', ''],
    ['{"a/b": [0, {"~": 123456789012345678901234567890}]}', '/a~1b/1/~0'],
    ['{"a": "9007199254740993", "b": [9007199254740993]}', '/b/0'],
  ])('refuses to round the integer in %s', (text, at) => {
    expect(thrown(text)).toMatchObject({
      pointer: at,
      message: expect.stringContaining('write it as a string') as string,
    });
  });

  it('refuses a text too deep for the search of numbers, with an error of its own', () => {
    const deep = (inner: string): string => `${'['.repeat(100_000)}${inner}${']'.repeat(100_000)}`;
    expect(thrown(deep('9007199254740993')).message).toContain('nested too deeply');
    expect(thrown(deep('x')).message).toContain('Not JSON');
  });

  it('passes over one byte order mark', () => {
    expect(parseJson('\ufeff{"a": 1}')).toEqual({ a: 1 });
  });

  it('refuses a number that no double can hold', () => {
    expect(thrown('[1e400]')).toMatchObject({
      pointer: '/0',
      message: expect.stringContaining('too large') as string,
    });
  });

  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['{"a":\n  1,\n  x}', 'line 3, column 3'],
    ['[NaN]', 'line 1, column 2: NaN'],
    ['{"a": Infinity}', 'column 7: Infinity'],
    ['{"a": 1', 'Not JSON at line 1, column 8'],
    ['{}\ufeff', 'column 3'],
    ['\ufeff\ufeff{}', 'line 1, column 1'],
    ["{'a': 1}", 'column 2'],
    ['[1,]', 'column 4'],
    ['01', 'Not JSON'],
    ['{} {}', 'column 4'],
  ])('refuses %j, saying where', (text, message) => {
    const error = thrown(text);
    expect(error.message).toContain(message);
    expect(error.pointer).toBeNull();
  });
});
