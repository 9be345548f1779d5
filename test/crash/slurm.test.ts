/** Every operation of the SLURM backend's own files and commands, on a cluster in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import type * as files from 'node:fs/promises';
import { join } from 'node:path';
import type * as timers from 'node:timers/promises';
import type * as limits from 'p-limit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KINDS, type Kind } from './kinds.js';
import { Playground } from './playground.js';
import { memoryFolder, pointsOf, tryPoints, type Point } from './points.js';
import { ofSlurm } from './scenarios.js';
import { slurmGround } from './slurm-ground.js';
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
const STEP = 13;

const root = mkdtempSync(join(memoryFolder(), 'fractal-temporal-crash-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

for (const scenario of ofSlurm) {
  describe(scenario.name, () => {
    let playground: Playground;
    beforeAll(async () => {
      const folder = join(root, 'run');
      playground = new Playground(scenario, slurmGround(scenario.play(folder)), folder);
      await playground.record();
      const counts = playground.calls.map(({ name, operations }) => `${name} ${operations.length}`);
      console.log(`SLURM, ${scenario.name}, operations: ${counts.join(', ')}`);
    });

    it.each(KINDS.map((kind, offset) => ({ kind, offset })))(
      '$kind',
      async ({ kind, offset }) => {
        // What these activities do besides is the scripted suite's.
        const calls = playground.calls.map(({ name, operations }) => ({
          name,
          operations: name === 'runBatch' || name === 'cancelBatches' ? operations : [],
        }));
        const points = pointsOf(calls, kind, STEP, offset);
        const disturb = (point: Point): Promise<string | null> => playground.disturb(point as Point<Kind>);
        const wrong = await tryPoints(`SLURM, ${scenario.name}, ${kind}`, calls, points, disturb);
        expect(wrong).toEqual([]);
      },
      PATIENCE_MS,
    );
  });
}
