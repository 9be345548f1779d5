import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLanes } from '../../../../src/executors/local/width/lanes.js';
import {
  affordableRaises,
  allocateWidths,
  lanesInUse,
  type SharingBatch,
} from '../../../../src/executors/local/width/width.js';

const batch = (key: string, run: string, lanes: number, more: Partial<SharingBatch> = {}): SharingBatch => ({
  ...{ key, run, lanes, width: 0, active: new Set<number>(), finished: new Set<number>() },
  ...more,
});

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
    expect([...allocateWidths(batches, limit, 0).values()]).toEqual(expected);
  });

  it('admits as many as the limit and the lanes allow, shared equally between runs', () => {
    fc.assert(
      fc.property(anyBatches, fc.integer({ min: 1, max: 12 }), fc.nat(20), (batches, limit, turn) => {
        const slots = granted(batches, allocateWidths(batches, limit, turn));
        expect(sum(slots)).toBe(Math.min(limit, sum(batches.map(living))));
        const of = (run: string, values: number[]): number =>
          sum(values.filter((_, i) => batches[i]?.run === run));
        const wants = batches.map(living);
        for (const one of batches) {
          for (const other of batches) {
            // Whoever could use more has at most one less than anybody else.
            if (of(one.run, slots) < of(one.run, wants)) {
              expect(of(other.run, slots)).toBeLessThanOrEqual(of(one.run, slots) + 1);
            }
          }
        }
      }),
    );
  });

  it('gives every run its turn', () => {
    const batches = ['r', 's', 't'].map((run) => batch(run, run, 2));
    const turns = [0, 1, 2].map((turn) => granted(batches, allocateWidths(batches, 2, turn)));
    for (const i of [0, 1, 2]) expect(sum(turns.map((slots) => slots[i] ?? 0))).toBe(2);
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
    expect(affordableRaises([stopping, waiting], targets, 4)).toEqual(new Map([['b', 1]]));
    expect(affordableRaises([{ ...stopping, active: new Set([0]) }, waiting], targets, 4)).toEqual(
      new Map([['b', 3]]),
    );
  });
});

describe('parseLanes', () => {
  it('reads what lanes have written, but no unfinished line', () => {
    expect(parseLanes('+ 0\n+ 1\n- 0\n+ 2\nx 1\n+ 12')).toEqual({
      ...{ active: new Set([2]), finished: new Set([1]), closed: false },
    });
    expect(parseLanes('+ 0\nx 0\n.\n').closed).toBe(true);
  });
});

/**
 * The protocol of docs/local.md step by step: what a lane and the worker do in one step is one look at a file, one
 * write or one unit's start or end; which of them comes next is anybody's guess.
 */
describe('the protocol of worker and lanes', () => {
  interface Model extends SharingBatch {
    text: string;
    running: Set<number>;
  }

  function* lane(model: Model, number: number, units: number): Generator {
    let active = false;
    for (let unit = 0; unit < units;) {
      const { width } = model;
      yield;
      if (number >= width) {
        if (active) model.text += `- ${number}\n`;
        active = false;
        yield;
      } else if (!active) {
        model.text += `+ ${number}\n`;
        active = true;
        yield;
      } else {
        model.running.add(number);
        yield;
        model.running.delete(number);
        unit += 1;
        yield;
      }
    }
    model.text += `x ${number}\n`;
  }

  function* worker(models: Model[], limit: number): Generator {
    for (let turn = 0; ; turn += 1) {
      // eslint-disable-next-line @typescript-eslint/no-use-before-define -- the two name each other
      yield* look(models);
      const targets = allocateWidths(models, limit, turn);
      for (const model of models) {
        const target = targets.get(model.key) ?? 0;
        if (target >= model.width) continue;
        model.width = target;
        yield;
      }
      // eslint-disable-next-line @typescript-eslint/no-use-before-define -- the two name each other
      yield* look(models);
      for (const [key, width] of affordableRaises(models, targets, limit)) {
        for (const model of models) if (model.key === key) model.width = width;
        yield;
      }
    }
  }

  function* look(models: Model[]): Generator {
    for (const model of models) {
      const { active, finished } = parseLanes(model.text);
      Object.assign(model, { active, finished });
      yield;
    }
  }

  it('never lets more units run than the limit, and runs them all', () => {
    const plans = fc.array(
      fc.record({ run: fc.constantFrom('r', 's', 't'), lanes: fc.integer({ min: 1, max: 4 }) }),
      {
        ...{ minLength: 1, maxLength: 4 },
      },
    );
    fc.assert(
      fc.property(
        plans,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat(1_000)),
        (plan, limit, chance) => {
          const models = plan.map(({ run, lanes }, i): Model => ({
            ...batch(`b${i}`, run, lanes),
            text: '',
            running: new Set(),
          }));
          const boss = worker(models, limit);
          let lanes = models.flatMap((model) =>
            Array.from({ length: model.lanes }, (_, i) => lane(model, i, 3)),
          );
          for (let step = 0; lanes.length > 0; step += 1) {
            expect(step).toBeLessThan(200_000);
            const draw = (chance.next().value as number) % (lanes.length + 1);
            const next = lanes[draw];
            if (next === undefined) boss.next();
            else if (next.next().done === true) lanes = lanes.filter((one) => one !== next);
            expect(sum(models.map(({ running }) => running.size))).toBeLessThanOrEqual(limit);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
