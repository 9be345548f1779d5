/**
 * The protocol of docs/local.md step by step: what a lane and the worker do in one step is one look at a file, one
 * write or one unit's start or end; which of them comes next is anybody's guess.
 */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { fits, NOTHING, plus, type Amounts } from '../../../../src/executors/local/width/amounts.js';
import { parseLanes } from '../../../../src/executors/local/width/lanes.js';
import {
  affordableRaises,
  allocateWidths,
  type SharingBatch,
} from '../../../../src/executors/local/width/width.js';
import { batch, cost } from './batches.js';

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
            // Not by `expect`: some million steps are looked at.
            if (step >= 200_000) throw new Error('they have no end');
            const draw = (chance.next().value as number) % (lanes.length + 1);
            const next = lanes[draw];
            if (next === undefined) boss.next();
            else if (next.next().done === true) lanes = lanes.filter((one) => one !== next);
            const taken = models.reduce(
              (all, { running, cost: one }) => plus(all, one ?? NOTHING, running.size),
              NOTHING,
            );
            if (!fits(taken, limit)) throw new Error(`at once: ${JSON.stringify(taken)}`);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
