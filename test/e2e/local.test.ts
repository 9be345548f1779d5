import { afterAll, beforeAll, inject } from 'vitest';
import { startHarness, type Harness } from '../support/harness.js';
import { describeRuns } from './run-suite/index.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

describeRuns('runs on the local backend', () => harness);
