import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, equalityKey } from '../../src/wire/canonical-json.js';
import { pythonRecorded } from '../support/python-recorded.js';

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item)]),
  );
};

describe('canonicalJson', () => {
  it('sorts keys at every depth and writes no white space', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: { é: 'x"', B: 1.0 } })).toBe(
      '{"a":{"B":1,"é":"x\\""},"b":[{"c":null,"d":1}]}',
    );
  });

  it('leaves out what JSON cannot hold, as JSON.stringify does', () => {
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
  });

  it('keeps the value and does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
    );
  });
});

describe('equalityKey', () => {
  it('is shared by exactly the values that are equal in Python', () => {
    for (const [left, right, equal] of pythonRecorded.equality) {
      expect(equalityKey(left) === equalityKey(right), JSON.stringify([left, right])).toBe(equal);
    }
  });
});
