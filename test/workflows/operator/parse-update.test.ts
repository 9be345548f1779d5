import { describe, expect, it } from 'vitest';
import type { UpdateName } from '../../../src/wire/updates.js';
import { parseUpdate, WrongArgument } from '../../../src/workflows/operator/parse-update.js';

const none = { units: 'failed', meta: {}, rerun_interrupted: false };

describe('arguments of updates', () => {
  it.each<[UpdateName, unknown, unknown]>([
    ['pause', undefined, { now: false }],
    ['pause', null, { now: false }],
    ['pause', { now: true }, { now: true }],
    ['resume', {}, {}],
    ['stop', undefined, {}],
    ['retry', {}, none],
    ['retry', { units: [7, 3, 7, 0] }, { ...none, units: [0, 3, 7] }],
    [
      'retry',
      { units: 'failed', meta: { mem: '8G' }, rerun_interrupted: true },
      { ...none, meta: { mem: '8G' }, rerun_interrupted: true },
    ],
    ['skip', { units: 'failed' }, { units: 'failed' }],
  ])('%s %j', (name, given, expected) => {
    expect(parseUpdate(name, given)).toEqual(expected);
  });

  it.each<[UpdateName, unknown, string]>([
    ['pause', [], 'expected an object, got []'],
    ['pause', 'now', 'expected an object, got "now"'],
    ['pause', { now: 'yes' }, 'now: expected true or false, got "yes"'],
    ['pause', { now: null }, 'now: expected true or false, got null'],
    ['resume', { now: true }, 'now: no field of this name; resume has no fields'],
    [
      'retry',
      { unit: [1] },
      'unit: no field of this name; retry has the fields units, meta, rerun_interrupted',
    ],
    ['retry', { units: [] }, 'units: expected "failed" or a list, not empty, of unit indices, got []'],
    [
      'retry',
      { units: ['1'] },
      'units: expected "failed" or a list, not empty, of unit indices, got "1" in it',
    ],
    [
      'retry',
      { units: [1.5] },
      'units: expected "failed" or a list, not empty, of unit indices, got 1.5 in it',
    ],
    ['retry', { meta: ['8G'] }, 'meta: expected an object, got ["8G"]'],
    ['skip', { units: 'all' }, 'units: expected "failed" or a list, not empty, of unit indices, got "all"'],
    ['skip', { toString: 1 }, 'toString: no field of this name; skip has the fields units'],
  ])('%s %j is refused', (name, given, message) => {
    expect(() => parseUpdate(name, given)).toThrow(new WrongArgument(message));
  });
});
