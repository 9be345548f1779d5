/**
 * The package's entry `fractal-temporal/conformance`: what every executor must do (docs/writing-a-backend.md), as tests
 * of vitest that run on your real scheduler. Call `describeExecutor` in a test file of your backend.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Backend } from '../batch/contract.js';
import { cancelTests } from './cancel-tests.js';
import { submissionTests } from './submission-tests.js';
import { suiteTools, type ConformanceOptions, type ConformanceSetup } from './tools.js';
import { unitTests } from './unit-tests.js';

export type { TestBatch } from './batches.js';
export type { ConformanceOptions, ConformanceSetup } from './tools.js';

/** No test waits for its scheduler more often: its own batch and another one, each from submission to end, and cancelled. */
const PATIENCES_PER_TEST = 6;

/**
 * Defines the tests of one executor.
 *
 * @param setup called once, before the first test; what it returns is disposed of after the last one.
 */
export const describeExecutor = (
  name: string,
  setup: () => Promise<ConformanceSetup>,
  { patienceMs = 60_000, bigBatchUnits = 2_000 }: ConformanceOptions = {},
): void => {
  // Whatever vitest's own limits are: a test that waits for its scheduler in vain says what it waited for.
  const timeout = PATIENCES_PER_TEST * patienceMs;
  describe(`${name}: executor conformance`, { timeout }, () => {
    let given: ConformanceSetup;
    let backend: Backend;

    beforeAll(async () => {
      given = await setup();
      backend = given.createBackend();
    }, timeout);
    afterAll(async () => {
      await given.dispose();
    }, timeout);

    const tools = suiteTools(() => ({ given, backend }), patienceMs);
    unitTests(tools, bigBatchUnits);
    submissionTests(tools);
    cancelTests(tools);
  });
};
