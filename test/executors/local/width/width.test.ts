import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Amounts } from '../../../../src/executors/local/width/amounts.js';
import {
  affordableRaises,
  allocateWidths,
  lanesInUse,
  type SharingBatch,
} from '../../../../src/executors/local/width/width.js';
import { batch, cost, slots } from './batches.js';

const anyBatches = fc
  .array(
    fc.record({
      run: fc.constantFrom('r0', 'r1', 'r2', 'r3'),
      lanes: fc.integer({ min: 1, max: 6 }),
      finished: fc.uniqueArray(fc.nat(5)),
    }),
    { maxLength: 7 },
  )
  .map((items) =>
    items.map(({ run, lanes, finished }, i) =>
      batch(`b${i}`, run, lanes, { finished: new Set(finished.filter((lane) => lane < lanes)) }),
    ),
  );

const granted = (batches: SharingBatch[], widths: Map<string, number>): number[] =>
  batches.map((b) => lanesInUse({ ...b, active: new Set(), width: widths.get(b.key) ?? 0 }));
const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const living = (b: SharingBatch): number => b.lanes - b.finished.size;

describe('allocateWidths', () => {
  it.each([
    ['one run takes all', [batch('a', 'r', 8)], 4, [4]],
    ['no more than a batch can use', [batch('a', 'r', 2)], 4, [2]],
    ['two runs take halves', [batch('a', 'r', 8), batch('b', 's', 8)], 4, [2, 2]],
    ['what one cannot use goes to the other', [batch('a', 'r', 8), batch('b', 's', 1)], 4, [3, 1]],
    [
      'a run with many batches gets no more',
      [batch('a', 'r', 4), batch('b', 'r', 4), batch('c', 's', 4)],
      4,
      [2, 0, 2],
    ],
    ['within a run the oldest first', [batch('a', 'r', 3), batch('b', 'r', 4)], 4, [3, 1]],
    ['more runs than slots', [batch('a', 'r', 1), batch('b', 's', 1), batch('c', 't', 1)], 2, [1, 1, 0]],
    ['lanes that have ended are passed over', [batch('a', 'r', 4, { finished: new Set([0]) })], 2, [3]],
  ])('%s', (_, batches, limit, expected) => {
    expect([...allocateWidths(batches, slots(limit), 0).values()]).toEqual(expected);
  });

  it('admits as many as the limit and the lanes allow, shared equally between runs', () => {
    fc.assert(
      fc.property(anyBatches, fc.integer({ min: 1, max: 12 }), fc.nat(20), (batches, limit, turn) => {
        const got = granted(batches, allocateWidths(batches, slots(limit), turn));
        expect(sum(got)).toBe(Math.min(limit, sum(batches.map(living))));
        const of = (run: string, values: number[]): number =>
          sum(values.filter((_, i) => batches[i]?.run === run));
        const wants = batches.map(living);
        for (const one of batches) {
          for (const other of batches) {
            // Whoever could use more has at most one less than anybody else.
            if (of(one.run, got) < of(one.run, wants)) {
              expect(of(other.run, got)).toBeLessThanOrEqual(of(one.run, got) + 1);
            }
          }
        }
      }),
    );
  });

  it.each<[string, [string, string, number, Amounts][], Amounts, number, number[]]>([
    ['by CPUs', [['a', 'r', 4, cost(2)]], { ...slots(8), cpus: 5 }, 0, [2]],
    ['by memory', [['a', 'r', 4, cost(1, 30)]], { ...slots(8), mem_mb: 100 }, 0, [3]],
    ['by GPUs', [['a', 'r', 4, cost(1, 0, 1)]], { ...slots(8), gpus: 1 }, 0, [1]],
    [
      'what one kind of unit cannot use goes to another',
      [
        ['a', 'r', 4, cost(1, 0, 1)],
        ['b', 'r', 4, cost(1)],
      ],
      { ...slots(4), gpus: 1 },
      0,
      [1, 3],
    ],
    [
      'a large unit waits',
      [
        ['a', 'r', 4, cost(1)],
        ['b', 's', 4, cost(4)],
      ],
      { ...slots(4), cpus: 4 },
      0,
      [4, 0],
    ],
    [
      'until it is its turn',
      [
        ['a', 'r', 4, cost(1)],
        ['b', 's', 4, cost(4)],
      ],
      { ...slots(4), cpus: 4 },
      1,
      [0, 1],
    ],
  ])('shares %s', (_, rows, limit, turn, expected) => {
    const batches = rows.map(([key, run, lanes, one]) => batch(key, run, lanes, { cost: one }));
    expect([...allocateWidths(batches, limit, turn).values()]).toEqual(expected);
  });

  it('gives every run its turn', () => {
    const batches = ['r', 's', 't'].map((run) => batch(run, run, 2));
    const turns = [0, 1, 2].map((turn) => granted(batches, allocateWidths(batches, slots(2), turn)));
    for (const i of [0, 1, 2]) expect(sum(turns.map((got) => got[i] ?? 0))).toBe(2);
  });
});

describe('affordableRaises', () => {
  it('waits for lanes that were told to stop', () => {
    const stopping = batch('a', 'r', 4, { width: 1, active: new Set([0, 1, 3]) });
    const waiting = batch('b', 's', 4);
    const targets = new Map([
      ['a', 1],
      ['b', 3],
    ]);
    expect(affordableRaises([stopping, waiting], targets, slots(4))).toEqual(new Map([['b', 1]]));
    expect(affordableRaises([{ ...stopping, active: new Set([0]) }, waiting], targets, slots(4))).toEqual(
      new Map([['b', 3]]),
    );
  });
});

it('a lane that was told to stop and says that it began is not let go on beyond the limit', () => {
  // Lane 1 of a has read its old width, and comes back after b was given its slot.
  const late = batch('a', 'r', 2, { width: 1, active: new Set([0, 1]) });
  const other = batch('b', 's', 1, { width: 0, active: new Set([0]) });
  expect(affordableRaises([late, other], new Map([['a', 2]]), slots(2))).toEqual(new Map());
});
