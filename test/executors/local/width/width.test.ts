import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fits, NOTHING, plus, type Amounts } from '../../../../src/executors/local/width/amounts.js';
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

/** Units at once, and nothing else that counts. */
const slots = (units: number): Amounts => ({ units, cpus: Infinity, mem_mb: Infinity, gpus: Infinity });

const cost = (cpus: number, mem_mb = 0, gpus = 0): Amounts => ({ units: 1, cpus, mem_mb, gpus });

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

  function* worker(models: Model[], limit: Amounts): Generator {
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
      fc.record({
        run: fc.constantFrom('r', 's', 't'),
        lanes: fc.integer({ min: 1, max: 4 }),
        cpus: fc.integer({ min: 1, max: 3 }),
        mem: fc.integer({ min: 0, max: 8 }),
        gpus: fc.integer({ min: 0, max: 1 }),
      }),
      {
        ...{ minLength: 1, maxLength: 4 },
      },
    );
    fc.assert(
      fc.property(
        plans,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat(1_000)),
        (plan, units, chance) => {
          const limit = { units, cpus: 3, mem_mb: 8, gpus: 1 };
          const models = plan.map(({ run, lanes, cpus, mem, gpus }, i): Model => ({
            ...batch(`b${i}`, run, lanes, { cost: cost(cpus, mem, gpus) }),
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
            const taken = models.reduce(
              (all, { running, cost: one }) => plus(all, one ?? NOTHING, running.size),
              NOTHING,
            );
            expect(fits(taken, limit)).toBe(true);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
