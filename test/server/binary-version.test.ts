import { describe, expect, it } from 'vitest';
import { isNewEnough, parseVersion } from '../../src/server/binary-version.js';

describe('parseVersion', () => {
  it.each([
    ['temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)\n', '1.8.2'],
    ['temporal version v1.5.0', '1.5.0'],
    ['temporal version 0.0.0-DEV (Server 1.31.2)', '0.0.0-DEV'],
    ['Temporal Cloud CLI 1.2.3', null],
    ['', null],
  ])('%j -> %j', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });
});

describe('isNewEnough', () => {
  it.each([
    ['1.5.0', '1.5.0', true],
    ['1.4.9', '1.5.0', false],
    ['1.10.0', '1.9.9', true],
    ['2.0.0', '1.5.0', true],
    ['0.9.9', '1.0.0', false],
    ['1.5.0-rc.1', '1.5.0', true],
  ])('%s against %s: %s', (version, oldest, expected) => {
    expect(isNewEnough(version, oldest)).toBe(expected);
  });
});
