/** Whole runs on a real server: what a caller gets for each way a workflow can go. */
import { describe } from 'vitest';
import { describeDone } from './done.js';
import { describeFailed } from './failed.js';
import type { RunHarness } from './harness.js';
import { describeInvalidOutputs } from './invalid-outputs.js';

/** The suite that every backend passes, through the whole of workflow, activities and executor. */
export const describeRuns = (title: string, harness: () => RunHarness): void => {
  describe(title, () => {
    describeDone(harness);
    describeFailed(harness);
    describeInvalidOutputs(harness);
  });
};
