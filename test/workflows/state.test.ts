import { expect, it } from 'vitest';
import type { TaskPlan } from '../../src/wire/stages.js';
import {
  beginBatch,
  endOpenBatches,
  newStage,
  recordTry,
  type StageState,
} from '../../src/workflows/state.js';

const plan = (batches: number): TaskPlan => ({
  plan: { path: '/run/.runner/plans/000000-first.json', sha256: 'x'.repeat(64) },
  ...{ component: 'parallel', task_dir: '/run/0_task', units: batches, units_per_batch: 1, batches },
});

const tally = (stage: StageState) => [stage.batches_ended, stage.units_done, stage.units_failed];

it('does not grow with the batches that have ended', () => {
  const stage = newStage('first', plan(50_000));
  for (let track = beginBatch(stage); track !== null; track = beginBatch(stage))
    recordTry(stage, track, { done: 1, failed: 0, again: 0 });
  expect(tally(stage)).toEqual([50_000, 50_000, 0]);
  expect(JSON.stringify(stage).length).toBeLessThan(1_000);
});

it('remembers how often a batch was tried, until its last try is known', () => {
  const stage = newStage('first', plan(2));
  const first = beginBatch(stage);
  const second = beginBatch(stage);
  if (first === null || second === null) throw new TypeError('two batches were planned');
  recordTry(stage, first, { done: 1, failed: 0, again: 2 });
  recordTry(stage, second, { done: 0, failed: 1, again: 0 });
  expect(stage.open).toEqual([{ batch: 0, try: 2, pending: false }]);
  expect(stage.more_tries).toEqual({ '0': 2 });
  recordTry(stage, first, { done: 2, failed: 0, again: 0 });
  expect([stage.open, stage.more_tries, ...tally(stage)]).toEqual([[], { '0': 2 }, 2, 3, 1]);
});

it('a try that was never scheduled has left nothing behind', () => {
  const stage = newStage('first', plan(3));
  const [one, two, three] = [beginBatch(stage), beginBatch(stage), beginBatch(stage)];
  if (one === null || two === null || three === null) throw new TypeError('three batches were planned');
  for (const track of [one, two, two]) recordTry(stage, track, { done: 0, failed: 0, again: 1 });
  three.pending = true;
  endOpenBatches(stage);
  expect(stage.more_tries).toEqual({ '1': 2 });
  expect([stage.next, stage.open, stage.batches_ended]).toEqual([3, [], 3]);
});
