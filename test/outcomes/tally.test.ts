import { expect, it } from 'vitest';
import { count, newStageTally, newTally } from '../../src/outcomes/tally.js';
import type { FinalUnit } from '../../src/outcomes/task-units.js';
import { header, unit } from './outcomes.js';

const final = (...[index, rest]: Parameters<typeof unit>): FinalUnit => ({
  ...unit(index, rest),
  header: header(),
});

it('counts stages apart, and keeps of their units what applying them needs', () => {
  const tally = newTally();
  const init = newStageTally(tally);
  count(tally, init, [final(0, { component: 'init', zarr_url: null, output: { parallelization_list: [] } })]);
  const compute = newStageTally(tally);
  const output = { image_list_updates: [], image_list_removals: ['/zarr/1'] };
  const failed = final(1, { status: 'failed', cause: 'exit', output: null });
  count(tally, compute, [final(0, { output, ended_at: 500 }), failed]);
  count(tally, compute, [final(2, { status: 'failed' }), final(3, { ended_at: null })]);

  expect(tally.stages.map(({ total, done }) => [total, done])).toEqual([
    [1, 1],
    [4, 2],
  ]);
  expect(compute.firstFailed).toBe(failed);
  expect(tally.outputs).toEqual([output]);
  expect(tally.ended.map(({ zarrUrl, succeeded }) => [zarrUrl, succeeded])).toEqual([
    [null, true],
    ['/zarr/0', true],
    ['/zarr/1', false],
    ['/zarr/2', false],
    ['/zarr/3', true],
  ]);
  expect(tally.latestMs).toBe(500_000);
  expect(tally.initFailed).toBe(false);
});

it('an output of a unit that failed does not count; an init that failed is told', () => {
  const tally = newTally();
  const output = { image_list_updates: [], image_list_removals: ['/zarr/1'] };
  count(tally, newStageTally(tally), [final(0, { component: 'init', status: 'failed', output })]);
  expect(tally.outputs).toEqual([]);
  expect(tally.initFailed).toBe(true);
});
