import { describe, expect, it } from 'vitest';
import { atRest, ended, ending, isDue, ready, started, type Kept } from '../../src/supervisor/keeping.js';

const nobody = { backlog: 0, polledBy: [] };
const demand = { backlog: 3, polledBy: [] };

/** After so many failures in a row at their start. */
const failed = (times: number, at = 0): Kept => {
  let kept = atRest(at);
  for (let count = 0; count < times; count++) kept = ended(started(kept, at), false, at);
  return kept;
};

describe('K1: on demand', () => {
  it.each([
    [nobody, false],
    [demand, true],
    [{ backlog: 3, polledBy: ['1@elsewhere'] }, false],
  ])('%j', (what, due) => {
    expect(isDue(atRest(0), what, 1)).toBe(due);
  });
});

it('K2: one that ended in order is started on demand, at once', () => {
  const kept = ended(ready(started(failed(3), 5), 6), true, 10);
  expect(kept).toMatchObject({ state: 'resting', failures: 0, starts: 4 });
  expect([isDue(kept, nobody, 10), isDue(kept, demand, 10)]).toEqual([false, true]);
  expect(ended(ending(started(atRest(0), 0), 1), false, 2)).toMatchObject({ state: 'resting' });
});

describe('K3: one that failed', () => {
  it('is started again without a demand, after a wait that doubles up to five minutes', () => {
    expect([1, 2, 3, 8, 9, 10, 99].map((times) => failed(times).dueMs)).toEqual([
      1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000,
    ]);
    expect([isDue(failed(1), nobody, 999), isDue(failed(1), nobody, 1_000)]).toEqual([false, true]);
    expect(isDue(failed(1), { backlog: 0, polledBy: ['1@a'] }, 1_000)).toBe(false);
  });

  it('after it was ready for a while has failed for the first time', () => {
    const running = ready(started(failed(5), 10), 20);
    expect(ended(running, false, 60_020)).toMatchObject({ failures: 1, dueMs: 61_020 });
    expect(ended(running, false, 1_020)).toMatchObject({ failures: 6, dueMs: 33_020 });
  });
});

it('K4: never while one lives', () => {
  const alive = [started(atRest(0), 0), ready(started(atRest(0), 0), 0), ending(started(atRest(0), 0), 0)];
  expect(alive.map((kept) => isDue(kept, demand, 1e9))).toEqual([false, false, false]);
});
