/** Random requests, each run through the real workflow and told beforehand by the model (oracle/). */
import type fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Backend } from '../../src/batch/contract.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import type { JsonObject } from '../../src/wire/request.js';
import { startHarness, type Harness } from '../support/harness.js';
import { runCampaign } from './campaign.js';
import type { Case } from './requests/requests.js';
import { createScriptedBackend } from './scripted/backend.js';

const SEED = Number(process.env.FRACTAL_MODEL_SEED ?? 1);
/** Set by scripts/mutants.mjs. */
const UNTIL_FIRST = process.env.FRACTAL_MODEL_FIRST === '1';
const HOURS = 12;

export interface ModelOptions {
  /** For what is made of processes; default: the local backend. */
  real?: (stateDir: string, queue: string) => Backend;
  /** What all requests say besides. */
  fields?: JsonObject;
}

export const modelTests = (
  cases: fc.Arbitrary<Case>,
  runs: number,
  {
    real = (stateDir, queue) => createLocalBackend({ stateDir, queue, maxUnits: 4 }),
    fields = {},
  }: ModelOptions = {},
): void => {
  let harness: Harness;
  beforeAll(async () => {
    const started = await startHarness({
      address: inject('temporal').address,
      backend: (stateDir, queue) => createScriptedBackend(real(stateDir, queue)),
    });
    harness = { ...started, start: (request, id) => started.start({ ...fields, ...request }, id) };
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
