import { describe, expect, it } from 'vitest';
import { isAnimated, styleOf } from '../../src/cli/style.js';

const tty = { isTTY: true, columns: 97 } as NodeJS.WriteStream;
const pipe = { isTTY: false, columns: undefined } as unknown as NodeJS.WriteStream;

describe('what a place can show', () => {
  it.each([
    ['a terminal', tty, {}, true],
    ['a pipe', pipe, {}, false],
    ['NO_COLOR', tty, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', tty, { NO_COLOR: '' }, true],
    ['FORCE_COLOR', pipe, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR over NO_COLOR', pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    ['FORCE_COLOR=0', tty, { FORCE_COLOR: '0' }, false],
    ['a dumb terminal', tty, { TERM: 'dumb' }, false],
  ])('colours: %s', (_what, stream, env, color) => {
    expect(styleOf(stream, env).color).toBe(color);
  });

  it.each([
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C', LC_CTYPE: 'en_US.UTF-8' }, true],
    [{ LANG: 'en_US.ISO-8859-1' }, false],
    [{}, false],
  ])('symbols with %j: %s', (env, unicode) => {
    expect(styleOf(tty, env).unicode).toBe(unicode);
  });

  it('width: of the terminal, else what COLUMNS says, else none', () => {
    expect(styleOf(tty, { COLUMNS: '50' }).width).toBe(97);
    expect(styleOf(pipe, { COLUMNS: '50' }).width).toBe(50);
    expect(styleOf(pipe, {}).width).toBe(Infinity);
    expect(styleOf({ isTTY: true, columns: 0 } as NodeJS.WriteStream, {}).width).toBe(80);
  });

  it('lines are drawn anew on terminals only, and not in CI', () => {
    expect(isAnimated(tty, {})).toBe(true);
    expect([
      isAnimated(pipe, {}),
      isAnimated(tty, { CI: 'true' }),
      isAnimated(tty, { TERM: 'dumb' }),
    ]).toEqual([false, false, false]);
  });
});
