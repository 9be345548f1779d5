import * as fc from 'fast-check';
import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { aside, takeTurns } from '../../src/activities/turns.js';

/** `steps`: branches at once, each of waits of so many ticks, one after the other; `fails`: at its end, while one still waits. */
const works = fc.array(
  fc.record({
    steps: fc.array(fc.array(fc.nat(4), { maxLength: 3 }), { maxLength: 4 }),
    fails: fc.boolean(),
  }),
  { maxLength: 12 },
);

const ticks = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left -= 1) await tick();
};

it('at work are never more than may be, nor aside; what is asked for comes, in whatever order waits begin and end', async () => {
  const limits = fc.record({ atOnce: fc.integer({ min: 1, max: 3 }), asideAtOnce: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(limits, works, async ({ atOnce, asideAtOnce }, given) => {
      const turn = takeTurns(atOnce, asideAtOnce);
      const seen = { begun: 0, most: 0, working: 0, mostWorking: 0 };
      const count = (key: 'begun' | 'working', by: number): void => {
        seen[key] += by;
        seen.most = Math.max(seen.most, seen.begun);
        seen.mostWorking = Math.max(seen.mostWorking, seen.working);
      };
      const late: Promise<void>[] = [];
      const branch = async (steps: number[]): Promise<void> => {
        for (const step of steps) {
          await aside(() => ticks(step));
          await ticks(1);
        }
      };
      const run = async ({ steps, fails }: (typeof given)[number]): Promise<void> => {
        count('begun', 1);
        count('working', 1);
        try {
          await ticks(1);
          count('working', -1);
          await Promise.all(steps.map(branch));
          count('working', 1);
          await ticks(1);
          if (!fails) return;
          late.push(aside(() => ticks(2)));
          throw new Error('failed');
        } finally {
          count('working', -1);
          count('begun', -1);
        }
      };
      const ends = await Promise.allSettled(given.map((one) => turn(() => run(one))));
      await Promise.all(late);
      expect(ends.map(({ status }) => status)).toEqual(
        given.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
      );
      expect(seen.mostWorking).toBeLessThanOrEqual(atOnce);
      expect(seen.most).toBeLessThanOrEqual(atOnce + asideAtOnce);
      // All turns and places aside have come back, and none twice.
      for (const wait of [false, true]) {
        const places = atOnce + (wait ? asideAtOnce : 0);
        let begun = 0;
        const over = new AbortController();
        const untilOver = async (): Promise<void> => {
          while (!over.signal.aborted) await tick();
        };
        const rest = Array.from({ length: places + 1 }, () =>
          turn(() => {
            begun += 1;
            return wait ? aside(untilOver) : untilOver();
          }),
        );
        await ticks(3);
        const before = begun;
        over.abort();
        await Promise.all(rest.slice(0, places));
        expect(before).toBe(places);
        await Promise.all(rest);
      }
    }),
    { numRuns: 300, timeout: 3000 },
  );
});
