import { describe, expect, it } from 'vitest';
import {
  IMAGE_STATUS_ATTRIBUTE,
  statusesOf,
  withoutStatus,
  withStatus,
  type JudgedUnit,
} from '../../src/images/status.js';

const parallel = (zarr_url: string, state: JudgedUnit['state']): JudgedUnit => ({
  zarr_url,
  given: null,
  state,
});
const statuses = (units: JudgedUnit[], isCompound: boolean, applied: boolean): unknown =>
  Object.fromEntries(statusesOf(units, isCompound, applied));

describe('statusesOf', () => {
  it('are those of the units that were given the images', () => {
    const units = [
      parallel('/a', 'done'),
      parallel('/b', 'failed'),
      parallel('/c', 'open'),
      parallel('/d', 'interrupted'),
    ];
    expect(statuses(units, false, true)).toEqual({
      '/a': 'done',
      '/b': 'failed',
      '/c': 'failed',
      '/d': 'failed',
    });
    expect(statuses(units, false, false)).toEqual({
      ...{ '/a': 'done', '/b': 'failed', '/c': 'submitted', '/d': 'submitted' },
    });
  });

  it('of a compound are one for all images of its init', () => {
    const init: JudgedUnit = { zarr_url: null, given: ['/a', '/b'], state: 'done' };
    expect(statuses([init, parallel('/x', 'done')], true, true)).toEqual({ '/a': 'done', '/b': 'done' });
    expect(statuses([init, parallel('/a', 'failed')], true, true)).toEqual({
      '/a': 'failed',
      '/b': 'failed',
    });
    expect(statuses([init, parallel('/a', 'open')], true, false)).toEqual({
      '/a': 'submitted',
      '/b': 'submitted',
    });
  });
});

describe('the attribute', () => {
  it('is there, unset where nobody knows better, and goes away again', () => {
    const image = { zarr_url: '/a', origin: null, attributes: { well: 'A01' }, types: {} };
    const [marked] = withStatus([image], new Map());
    expect(marked?.attributes).toEqual({ well: 'A01', [IMAGE_STATUS_ATTRIBUTE]: 'unset' });
    expect(marked === undefined ? null : withoutStatus(marked)).toEqual(image);
    expect(withoutStatus(image)).toBe(image);
  });
});
