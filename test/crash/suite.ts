/** Disturbs the runs of a ground at each of their points and expects that nothing is wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ground } from './ground.js';
import { KINDS, type Kind } from './kinds.js';
import { Playground } from './playground.js';
import { memoryFolder, pointsOf, tryPoints, type Point, type RecordedCall } from './points.js';
import type { Scenario } from './scenarios.js';

const PATIENCE_MS = 3_600_000;

/** Between the first points of two kinds: they are to meet different operations, also where one in hundreds is tried. */
const SPREAD = 37;

export interface Suite {
  /** Goes before the names of its scenarios in what is printed. */
  title: string;
  scenarios: readonly Scenario[];
  ground(scenario: Scenario, folder: string): Ground;
  /** Of the short form: one point out of so many. */
  step(scenario: Scenario, kind: Kind): number;
  /** Whether points of this call are tried; default: of every one. */
  tries?(call: RecordedCall, scenario: Scenario): boolean;
}

const describeScenario = (suite: Suite, scenario: Scenario, folder: string): void => {
  const title = `${suite.title}${scenario.name}`;
  describe(scenario.name, () => {
    let playground: Playground;
    beforeAll(async () => {
      playground = new Playground(scenario, suite.ground(scenario, folder), folder);
      await playground.record();
      const counts = playground.calls.map(({ name, operations }) => `${name} ${operations.length}`);
      console.log(`${title}, operations: ${counts.join(', ')}`);
    });

    it('power lost after the run', async () => {
      expect(await playground.powerLostAfterTheRun()).toBe(null);
    });

    it.each(KINDS.map((kind, offset) => ({ kind, offset })))(
      '$kind',
      async ({ kind, offset }) => {
        const calls = playground.calls.map((call) =>
          (suite.tries?.(call, scenario) ?? true) ? call : { ...call, operations: [] },
        );
        const points = pointsOf(calls, kind, suite.step(scenario, kind), offset * SPREAD);
        const disturb = (point: Point): Promise<string | null> => playground.disturb(point as Point<Kind>);
        expect(await tryPoints(`${title}, ${kind}`, calls, points, disturb)).toEqual([]);
      },
      PATIENCE_MS,
    );
  });
};

export const crashSuite = (suite: Suite): void => {
  const root = mkdtempSync(join(memoryFolder(), 'fractal-temporal-crash-'));
  afterAll(() => {
    rmSync(root, { recursive: true, force: true });
  });
  for (const scenario of suite.scenarios) describeScenario(suite, scenario, join(root, 'run'));
};
