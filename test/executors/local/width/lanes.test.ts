import { describe, expect, it } from 'vitest';
import { parseLanes } from '../../../../src/executors/local/width/lanes.js';

describe('parseLanes', () => {
  it('reads what lanes have written, but no unfinished line', () => {
    expect(parseLanes('+ 0\n+ 1\n- 0\n+ 2\nx 1\n+ 12')).toEqual({
      ...{ active: new Set([2]), finished: new Set([1]), closed: false },
    });
    expect(parseLanes('+ 0\nx 0\n.\n').closed).toBe(true);
  });
});
