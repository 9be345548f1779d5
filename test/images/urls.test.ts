import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidUrl, isInside, normalizePath, normalizeUrl } from '../../src/images/urls.js';
import { pythonRecorded } from '../support/python-recorded.js';

const urlText = fc
  .array(fc.constantFrom('/', '//', '.', '..', 'a', 'b.zarr', ' ', '\u00a0', 'é', 's3:'), { maxLength: 12 })
  .chain((parts) => fc.constantFrom('/', 's3://', 's3://bucket/', '').map((start) => start + parts.join('')));

describe('normalizePath', () => {
  it('is the normpath of Python', () => {
    for (const [path, expected] of pythonRecorded.normpath) expect(normalizePath(path), path).toBe(expected);
  });
});

describe('normalizeUrl', () => {
  it.each([
    ['/a/b/../c/', '/a/c'],
    ['//a/b', '//a/b'],
    ['///a', '/a'],
    ['/a/', '/a'],
    ['  /a/b\n', '/a/b'],
    ['\u001c/a\u0085', '/a'],
    ['/', '/'],
    ['/a /', '/a'],
    ['s3://bucket/plate.zarr/', 's3://bucket/plate.zarr'],
    ['s3://bucket//', 's3://bucket'],
    ['s3://bucket/a/../b', 's3://bucket/a/../b'],
    [' s3://bucket / ', 's3://bucket'],
  ])('%j -> %j', (given, expected) => {
    expect(normalizeUrl(given)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    'a/b',
    './a',
    's3',
    's3:/a',
    's3://',
    's3:///',
    'S3://b',
    'https://x/y',
    'file:///a',
    '~/a',
  ])('refuses %j', (text) => {
    expect(() => normalizeUrl(text)).toThrow(InvalidUrl);
  });

  it.each(['/a\nb', '/a\u0000b', 's3://b/\u0085x'])('refuses the control character in %j', (text) => {
    expect(() => normalizeUrl(text)).toThrow('without control characters');
  });

  it('is idempotent', () => {
    const normalized = (text: string): string | null => {
      try {
        return normalizeUrl(text);
      } catch {
        return null;
      }
    };
    fc.assert(
      fc.property(urlText, (text) => {
        const once = normalized(text);
        if (once !== null) expect(normalizeUrl(once)).toBe(once);
      }),
    );
  });
});

describe('isInside', () => {
  it.each([
    ['/zarr', '/zarr/x', true],
    ['/zarr', '/zarr/x/y.zarr/0', true],
    ['/zarr', '/zarr', false],
    ['/zarr', '/zarr2/x', false],
    ['/zarr', '/other/zarr/x', false],
    ['/zarr/a', '/zarr', false],
    ['/', '/x', true],
    ['/', '/', false],
    ['s3://b/zarr', 's3://b/zarr/x', true],
    ['s3://b/zarr', 's3://b/zarr2', false],
    ['s3://b', '/b/x', false],
  ])('%s holds %s: %s', (zarrDir, url, expected) => {
    expect(isInside(zarrDir, url)).toBe(expected);
  });
});
