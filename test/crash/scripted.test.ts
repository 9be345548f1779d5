/** Every operation of every activity, each of them the last one of a worker, on a scripted scheduler. */
import { mkdtempSync, rmSync } from 'node:fs';
import type * as files from 'node:fs/promises';
import { join } from 'node:path';
import type * as timers from 'node:timers/promises';
import type * as limits from 'p-limit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KINDS, type Kind } from './kinds.js';
import { Playground } from './playground.js';
import { memoryFolder, pointsOf, tryPoints, type Point } from './points.js';
import { main, others } from './scenarios.js';
import { scriptedGround } from './scripted-backend.js';
import { installClocks } from './time.js';

vi.mock('node:fs/promises', async (importOriginal) => {
  const { seamFiles } = await import('./files.js');
  return seamFiles(await importOriginal<typeof files>());
});
vi.mock('node:timers/promises', async (importOriginal) => {
  const { seamSleep } = await import('./time.js');
  const original = await importOriginal<typeof timers>();
  return { ...original, setTimeout: seamSleep(original.setTimeout) };
});
vi.mock('p-limit', async (importOriginal) => {
  const { seamLimit } = await import('./time.js');
  const { default: pLimit } = await importOriginal<typeof limits>();
  return { default: seamLimit(pLimit as never) };
});

installClocks();

const PATIENCE_MS = 1_800_000;

/** Of the short form: in the main scenario the kinds that differ most are tried at every point. */
const AT_EVERY_POINT: Kind[] = ['killed', 'killed, then another worker', 'frozen, back at once'];
const STEP_OF_MAIN = 5;
const STEP_OF_OTHERS = 17;

const root = mkdtempSync(join(memoryFolder(), 'fractal-temporal-crash-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

for (const scenario of [main, ...others]) {
  describe(scenario.name, () => {
    let playground: Playground;
    beforeAll(async () => {
      const folder = join(root, 'run');
      playground = new Playground(scenario, scriptedGround(scenario.play(folder)), folder);
      await playground.record();
      const counts = playground.calls.map(({ name, operations }) => `${name} ${operations.length}`);
      console.log(`${scenario.name}, operations: ${counts.join(', ')}`);
    });

    it('power lost after the run', async () => {
      expect(await playground.powerLostAfterTheRun()).toBe(null);
    });

    it.each(KINDS.map((kind, offset) => ({ kind, offset })))(
      '$kind',
      async ({ kind, offset }) => {
        const stepOfMain = AT_EVERY_POINT.includes(kind) ? 1 : STEP_OF_MAIN;
        const step = scenario === main ? stepOfMain : STEP_OF_OTHERS;
        const points = pointsOf(playground.calls, kind, step, offset);
        const disturb = (point: Point): Promise<string | null> => playground.disturb(point as Point<Kind>);
        const wrong = await tryPoints(`${scenario.name}, ${kind}`, playground.calls, points, disturb);
        expect(wrong).toEqual([]);
      },
      PATIENCE_MS,
    );
  });
}
