/** Random requests, each run through the real workflow and told beforehand by the model (oracle/). */
import type fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createLocalBackend, type LocalBackendOptions } from '../../src/executors/local/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { runCampaign } from './campaign.js';
import type { Case } from './requests/requests.js';
import { createScriptedBackend } from './scripted/backend.js';

const SEED = Number(process.env.FRACTAL_MODEL_SEED ?? 1);
/** Set by scripts/mutants.mjs. */
const UNTIL_FIRST = process.env.FRACTAL_MODEL_FIRST === '1';
const HOURS = 12;

/** @param local what the real local backend gets, beside its place. */
export const modelTests = (
  cases: fc.Arbitrary<Case>,
  runs: number,
  local: (stateDir: string) => Partial<LocalBackendOptions> = () => ({}),
): void => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({
      address: inject('temporal').address,
      backend: (stateDir, queue) =>
        createScriptedBackend(createLocalBackend({ stateDir, queue, maxUnits: 4, ...local(stateDir) })),
    });
  });
  afterAll(() => harness.stop());

  it(
    `${runs} random runs go as the model says (seed ${SEED})`,
    async () => {
      const { differences, failed, ends } = await runCampaign(harness, {
        ...{ cases, runs },
        seed: SEED,
        untilFirst: UNTIL_FIRST,
      });
      console.log(ends);
      for (const { run, file } of differences)
        console.log(`run ${run} differs; fractal-temporal run ${file}`);
      for (const { observed, expected } of differences) expect.soft(observed).toEqual(expected);
      expect(failed, `of ${runs} runs differ`).toBe(0);
    },
    HOURS * 3_600_000,
  );
};
