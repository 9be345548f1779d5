/**
 * Random requests, each run through the real workflow and told beforehand by the model (oracle/). By hand, more of them:
 * `npm run test:model -- --runs 20000 --seed 7`.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { runCampaign } from './campaign.js';
import { createScriptedBackend } from './scripted/backend.js';

const RUNS = Number(process.env.FRACTAL_MODEL_RUNS ?? 300);
const SEED = Number(process.env.FRACTAL_MODEL_SEED ?? 1);
/** Set by scripts/mutants.mjs. */
const UNTIL_FIRST = process.env.FRACTAL_MODEL_FIRST === '1';
const HOURS = 12;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    address: inject('temporal').address,
    backend: (stateDir, queue) => createScriptedBackend(createLocalBackend({ stateDir, queue, maxUnits: 4 })),
  });
});
afterAll(() => harness.stop());

it(
  `${RUNS} random runs go as the model says (seed ${SEED})`,
  async () => {
    const { differences, failed, ends } = await runCampaign(harness, {
      seed: SEED,
      runs: RUNS,
      untilFirst: UNTIL_FIRST,
    });
    console.log(ends);
    for (const { run, file } of differences) console.log(`run ${run} differs; fractal-temporal run ${file}`);
    for (const { observed, expected } of differences) expect.soft(observed).toEqual(expected);
    expect(failed, `of ${RUNS} runs differ`).toBe(0);
  },
  HOURS * 3_600_000,
);
