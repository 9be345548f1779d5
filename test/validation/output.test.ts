import { describe, expect, it } from 'vitest';
import { InvalidOutput, parseInitOutput, parseTaskOutput } from '../../src/validation/output.js';
import { noOutput } from '../support/images.js';

describe('parseTaskOutput', () => {
  it.each([null, 'null', ' null\n', '{}', '{"image_list_updates": []}', '{"image_list_removals": []}'])(
    'takes %j for an empty output',
    (text) => {
      expect(parseTaskOutput(text)).toEqual(noOutput);
    },
  );

  it('normalises what it reads and fills in what is missing', () => {
    const text = JSON.stringify({
      image_list_updates: [
        { zarr_url: ' /z/a/../b/ ' },
        {
          zarr_url: 's3://b/x/',
          origin: '/z//o',
          attributes: { ' k ': null, l: 1.5 },
          types: { t: 'Yes', u: 0 },
          x: 1,
        },
      ],
      image_list_removals: ['/z/r/', '/z/r'],
    });
    expect(parseTaskOutput(text)).toEqual({
      image_list_updates: [
        { zarr_url: '/z/b', origin: null, attributes: {}, types: {} },
        {
          zarr_url: 's3://b/x',
          origin: '/z/o',
          attributes: { k: null, l: 1.5 },
          types: { t: true, u: false },
        },
      ],
      image_list_removals: ['/z/r', '/z/r'],
    });
  });

  it.each([
    ['', 'the text is empty'],
    ['{"image_list_updates": [', 'Not JSON at line 1, column 25'],
    ['{\n "image_list_removals": [NaN]}', 'Not JSON at line 2, column 26: NaN is no JSON value'],
    ['{"a": -Infinity}', 'Not JSON at line 1, column 8: Infinity is no JSON value'],
    ['[]', 'the output: expected an object, got an empty list'],
    ['"done"', 'the output: expected an object, got "done"'],
    ['3', 'the output: expected an object, got 3'],
    ['false', 'the output: expected an object, got false'],
    ['{"updates": []}', '/updates: expected no field of this name'],
    ['{"parallelization_list": []}', '/parallelization_list'],
    ['{"image_list_updates": null}', '/image_list_updates: expected a list, got null'],
    ['{"image_list_updates": {}}', '/image_list_updates: expected a list, got an object'],
    ['{"image_list_updates": ["/z/a"]}', '/image_list_updates/0: expected an object, got "/z/a"'],
    ['{"image_list_updates": [{}]}', '/image_list_updates/0/zarr_url: expected a string, got nothing'],
    ['{"image_list_updates": [{"zarr_url": "a"}]}', '/image_list_updates/0/zarr_url'],
    ['{"image_list_updates": [{"zarr_url": "/a", "origin": ""}]}', '/image_list_updates/0/origin'],
    ['{"image_list_updates": [{"zarr_url": "/a", "attributes": null}]}', '/image_list_updates/0/attributes'],
    [
      '{"image_list_updates": [{"zarr_url": "/a", "attributes": {"k": []}}]}',
      '/image_list_updates/0/attributes/k',
    ],
    [
      '{"image_list_updates": [{"zarr_url": "/a", "attributes": {" ": 1}}]}',
      '/image_list_updates/0/attributes/ ',
    ],
    ['{"image_list_updates": [{"zarr_url": "/a", "attributes": {"k": 1, "k ": 1}}]}', 'no other key equals'],
    ['{"image_list_updates": [{"zarr_url": "/a", "types": {"a/b": 2}}]}', '/image_list_updates/0/types/a~1b'],
    [
      '{"image_list_updates": [{"zarr_url": "/a", "types": {"t": null}}]}',
      'expected true or false, got null',
    ],
    ['{"image_list_removals": ["/a", 1]}', '/image_list_removals/1: expected a string, got 1'],
    [
      '{"image_list_updates": [{"zarr_url": "/a", "attributes": {"k": 9007199254740993}}]}',
      '/image_list_updates/0/attributes/k is 9007199254740993: an integer beyond 2^53 would be rounded',
    ],
  ])('refuses %s', (text, message) => {
    expect(() => parseTaskOutput(text)).toThrow(InvalidOutput);
    expect(() => parseTaskOutput(text)).toThrow(message);
  });

  it('says at most a few of many errors, and how many there are', () => {
    const text = JSON.stringify({ image_list_removals: Array.from({ length: 9 }, () => 'x') });
    expect(() => parseTaskOutput(text)).toThrow(/\/image_list_removals\/4: [^;]*; and 4 more$/);
  });
});

describe('parseInitOutput', () => {
  it.each([null, 'null', '{}', '{"parallelization_list": []}'])('takes %j for an empty list', (text) => {
    expect(parseInitOutput(text)).toEqual({ parallelization_list: [] });
  });

  it('keeps init_args as they are', () => {
    const text =
      '{"parallelization_list": [{"zarr_url": "/a/"}, {"zarr_url": "/a", "init_args": {" k ": {"__proto__": [1]}}}]}';
    expect(JSON.stringify(parseInitOutput(text))).toBe(
      '{"parallelization_list":[{"zarr_url":"/a","init_args":{}},{"zarr_url":"/a","init_args":{" k ":{"__proto__":[1]}}}]}',
    );
  });

  it.each([
    ['{"image_list_updates": []}', '/image_list_updates'],
    ['{"parallelization_list": [{"init_args": {}}]}', '/parallelization_list/0/zarr_url'],
    [
      '{"parallelization_list": [{"zarr_url": "/a", "init_args": null}]}',
      '/parallelization_list/0/init_args',
    ],
    ['{"parallelization_list": [{"zarr_url": "/a", "init_args": []}]}', '/parallelization_list/0/init_args'],
    ['{"parallelization_list": [{"zarr_url": "/a", "args": {}}]}', '/parallelization_list/0/args'],
    [
      `{"parallelization_list": [{"zarr_url": "/a", "init_args": {"a":${'['.repeat(600)}${']'.repeat(600)}}}]}`,
      'levels',
    ],
  ])('refuses %s', (text, message) => {
    expect(() => parseInitOutput(text)).toThrow(InvalidOutput);
    expect(() => parseInitOutput(text)).toThrow(message);
  });
});
