import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayoutError } from '../../../src/batch/errors.js';
import type { LayoutInput } from '../../../src/batch/contract.js';
import { localLayout } from '../../../src/executors/local/layout.js';
import type { JsonValue } from '../../../src/wire/request.js';

const input = (units: number, cap?: JsonValue): LayoutInput => ({
  ...{ units, meta: cap === undefined ? {} : { parallel_tasks_per_job: cap } },
  ...{ workerInit: null, slurmAccount: null, userCacheDir: null },
});

describe('localLayout', () => {
  it.each([
    [1, undefined, 1, 1],
    [3, undefined, 3, 3],
    [100, undefined, 100, 4],
    [5_000, undefined, 5_000, 4],
    [5_001, undefined, 2_501, 4],
    [100_000, undefined, 5_000, 4],
    [100, 2, 100, 2],
    [100, 64, 100, 4],
    [100, null, 100, 4],
    [100, 0, 100, 4],
    // The cap is the task's: two batches would run twice as many.
    [100_000, 2, 100_000, 2],
    [0, undefined, 1, 1],
  ])('%i units, parallel_tasks_per_job %j: %i a batch, %i at once', (units, cap, unitsPerBatch, lanes) => {
    expect(localLayout(input(units, cap), 4)).toEqual({ unitsPerBatch, lanes, resources: {} });
  });

  it.each([[-1], [1.5], ['2'], [true], [[1]]])('refuses parallel_tasks_per_job %j, naming it', (cap) => {
    expect(() => localLayout(input(10, cap), 4)).toThrow(LayoutError);
    expect(() => localLayout(input(10, cap), 4)).toThrow('parallel_tasks_per_job');
  });

  it('makes batches of nearly the same size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (units) => {
        const { unitsPerBatch } = localLayout(input(units), 4);
        const batches = Math.ceil(units / unitsPerBatch);
        expect(unitsPerBatch).toBeLessThanOrEqual(5_000);
        expect(batches).toBe(Math.ceil(units / 5_000));
      }),
    );
  });
});
