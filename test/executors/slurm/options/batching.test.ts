import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayoutError } from '../../../../src/batch/errors.js';
import {
  fittingLanes,
  planBatching,
  type BatchingInput,
} from '../../../../src/executors/slurm/options/batching.js';

type Pair = [number, number];

const input = (
  units: number,
  [cpusPerUnit, memPerUnitMb]: Pair,
  [cpus, mem, jobs]: [Pair, Pair, Pair],
  given: [number | null, number | null] = [null, null],
): BatchingInput => ({
  ...{ units, cpusPerUnit, memPerUnitMb, unitsPerJob: given[0], unitsAtOnce: given[1] },
  limits: {
    target_cpus_per_job: cpus[0],
    max_cpus_per_job: cpus[1],
    target_mem_per_job: mem[0],
    max_mem_per_job: mem[1],
    target_num_jobs: jobs[0],
    max_num_jobs: jobs[1],
  },
});

const small: [Pair, Pair, Pair] = [
  [10, 12],
  [64_000, 128_000],
  [5, 10],
];

describe('planBatching', () => {
  it.each<[number, Pair, [Pair, Pair, Pair], Pair]>([
    // prettier-ignore
    [10, [2, 1000], [[4, 16], [10_000, 32_000], [100, 1000]], [2, 2]],
    [50, [1, 4000], small, [10, 10]],
    [51, [1, 4000], small, [12, 12]],
    [121, [1, 4000], small, [13, 12]],
    [384, [1, 4000], small, [39, 12]],
    [384, [4, 16_000], small, [39, 3]],
    // prettier-ignore
    [23, [4, 61_000], [[4, 8], [61_000, 122_000], [20, 40]], [2, 2]],
    // prettier-ignore
    [20_000, [1, 1000], [[1, 1], [1000, 1000], [2, 4]], [5000, 1]],
    // prettier-ignore
    [2500, [2, 2000], [[16, 32], [60_000, 120_000], [20, 40]], [63, 16]],
    // prettier-ignore
    [0, [1, 100], [[1, 1], [100, 100], [10, 1]], [1, 1]],
  ])('%i units of %j within %j: %j', (units, unit, limits, [unitsPerJob, unitsAtOnce]) => {
    expect(planBatching(input(units, unit, limits))).toEqual({ unitsPerJob, unitsAtOnce });
  });

  it('takes given numbers, cutting units at once to units per job', () => {
    expect(planBatching(input(10, [1, 100], small, [3, 2]))).toEqual({ unitsPerJob: 3, unitsAtOnce: 2 });
    expect(planBatching(input(10, [1, 100], small, [3, 20]))).toEqual({ unitsPerJob: 3, unitsAtOnce: 3 });
  });

  it('counts 0 as not given', () => {
    expect(planBatching(input(50, [1, 4000], small, [0, 0]))).toEqual({ unitsPerJob: 10, unitsAtOnce: 10 });
    expect(() => planBatching(input(50, [1, 4000], small, [0, 3]))).toThrow(/both or none/);
  });

  it.each<[string, BatchingInput, RegExp]>([
    ['one of two', input(10, [1, 100], small, [3, null]), /tasks_per_job and parallel_tasks_per_job/],
    ['the other of two', input(10, [1, 100], small, [null, 3]), /tasks_per_job and parallel_tasks_per_job/],
    ['too many CPUs given', input(10, [4, 100], small, [4, 4]), /max_cpus_per_job/],
    ['too much memory given', input(10, [1, 64_000], small, [3, 3]), /max_mem_per_job/],
    ['too many jobs given', input(11, [1, 100], small, [1, 1]), /max_num_jobs/],
    ['a unit with too many CPUs', input(1, [13, 100], small), /cpus_per_task: expected at most 12/],
    ['a unit with too much memory', input(1, [1, 128_001], small), /mem: expected at most 128000 MB/],
  ])('refuses %s', (_name, wrong, message) => {
    expect(() => planBatching(wrong)).toThrow(LayoutError);
    expect(() => planBatching(wrong)).toThrow(message);
  });

  it('never exceeds a maximum', () => {
    const positive = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(
        fc.record({
          units: fc.nat(100_000),
          cpu: positive(64),
          mem: positive(100_000),
          cpus: fc.tuple(positive(64), positive(64)),
          mems: fc.tuple(positive(200_000), positive(200_000)),
          jobs: fc.tuple(positive(100), positive(1000)),
        }),
        ({ units, cpu, mem, cpus, mems, jobs }) => {
          fc.pre(cpu <= cpus[1] && mem <= mems[1]);
          const { unitsPerJob, unitsAtOnce } = planBatching(input(units, [cpu, mem], [cpus, mems, jobs]));
          expect(unitsAtOnce).toBeGreaterThanOrEqual(1);
          expect(unitsPerJob).toBeGreaterThanOrEqual(unitsAtOnce);
          expect(unitsAtOnce * cpu).toBeLessThanOrEqual(cpus[1]);
          expect(unitsAtOnce * mem).toBeLessThanOrEqual(mems[1]);
          expect(Math.ceil(units / unitsPerJob)).toBeLessThanOrEqual(Math.max(...jobs));
        },
      ),
    );
  });
});

it.each([
  [4, 1, 8000, 4],
  [4, 1, 16_000, 2],
  [4, 1, 33_000, 1],
  [4, 4, 1000, 2],
])('%i units at once of %i CPUs and %i MB: %i fit', (lanes, cpus_per_unit, mem_mb_per_unit, expected) => {
  const limits = { max_cpus_per_job: 8, max_mem_per_job: 32_000 };
  expect(fittingLanes(lanes, { cpus_per_unit, mem_mb_per_unit }, limits)).toBe(expected);
});
