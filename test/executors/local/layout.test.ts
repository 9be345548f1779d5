import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayoutError } from '../../../src/batch/errors.js';
import type { LayoutInput } from '../../../src/batch/contract.js';
import { localLayout } from '../../../src/executors/local/layout.js';
import { hostResources } from '../../../src/executors/local/resources.js';
import type { JsonObject, JsonValue } from '../../../src/wire/request.js';

const input = (units: number, cap?: JsonValue): LayoutInput => ({
  ...{ units, meta: cap === undefined ? {} : { parallel_tasks_per_job: cap } },
  ...{ workerInit: null, slurmAccount: null, userCacheDir: null },
});

const host = (maxUnits: number) => hostResources({ cpus: 4, mem: 1_000, gpus: ['0', '1'] }, maxUnits);

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
    expect(localLayout(input(units, cap), host(4))).toEqual({ unitsPerBatch, lanes, resources: {} });
  });

  it.each([[-1], [1.5], ['2'], [true], [[1]]])('refuses parallel_tasks_per_job %j, naming it', (cap) => {
    expect(() => localLayout(input(10, cap), host(4))).toThrow(LayoutError);
    expect(() => localLayout(input(10, cap), host(4))).toThrow('parallel_tasks_per_job');
  });

  it.each<[JsonObject, number, JsonObject]>([
    [{ cpus_per_task: 2 }, 2, { cpus_per_unit: 2 }],
    [{ cpus_per_task: '3' }, 1, { cpus_per_unit: 3 }],
    [{ mem: '300M' }, 3, { mem_mb_per_unit: 300 }],
    [{ needs_gpu: true }, 2, { gpus_per_unit: 1 }],
    [{ needs_gpu: 'False' }, 4, {}],
    [{ gpus: 'a100:2' }, 1, { gpus_per_unit: 2 }],
    [{ gres: 'shard:4,gpu' }, 2, { gpus_per_unit: 1 }],
    [{ cpus_per_task: null, mem: null }, 4, {}],
    [
      { cpus_per_task: 2, mem: 900, gpus: 1 },
      1,
      { cpus_per_unit: 2, mem_mb_per_unit: 900, gpus_per_unit: 1 },
    ],
    [{ cpus_per_task: 2, parallel_tasks_per_job: 1 }, 1, { cpus_per_unit: 2 }],
  ])('units that ask for %j: %i at once', (meta, lanes, resources) => {
    expect(localLayout({ ...input(10), meta }, host(4))).toMatchObject({ lanes, resources });
  });

  it.each<[JsonObject, string]>([
    [{ cpus_per_task: 5 }, 'cpus_per_task: expected at most 4, the CPUs of this host for units, got 5'],
    [{ mem: '2G' }, 'mem: expected at most 1000 MB, the memory of this host for units, got 2000 MB'],
    [{ gpus: 3 }, 'needs_gpu or gpus: expected at most 2, the GPUs of this host for units, got 3'],
    [{ cpus_per_task: 1.5 }, 'cpus_per_task: expected a whole number, at least 1, got 1.5'],
    [{ mem: '1g' }, 'mem: expected'],
  ])('refuses units that ask for %j', (meta, words) => {
    expect(() => localLayout({ ...input(10), meta }, host(4))).toThrow(words);
  });

  it('counts nothing that the configuration takes out', () => {
    const uncounted = hostResources({ cpus: null, mem: null, gpus: null }, 4);
    const meta = { cpus_per_task: 500, mem: '900T', needs_gpu: true };
    expect(localLayout({ ...input(10), meta }, uncounted).lanes).toBe(4);
  });

  it('starts units with a GPU plainly', () => {
    const asked = { ...input(10), warmStart: true };
    expect(localLayout(asked, host(4)).warm).toBe(true);
    expect(localLayout({ ...asked, meta: { needs_gpu: true } }, host(4)).warm).toBeUndefined();
  });

  it('makes batches of nearly the same size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (units) => {
        const { unitsPerBatch } = localLayout(input(units), host(4));
        const batches = Math.ceil(units / unitsPerBatch);
        expect(unitsPerBatch).toBeLessThanOrEqual(5_000);
        expect(batches).toBe(Math.ceil(units / 5_000));
      }),
    );
  });
});
