/** What a request allows to run again (docs/request.md, "Fields"). Pure. */
import type { ProcessWorkflowRequest } from '../wire/request.js';

export interface Policy {
  /** A unit that was interrupted may run again. */
  rerunInterrupted: boolean;
  /** Tries of one batch in a row in which no unit ended, after which what never started has failed. */
  maxTriesWithoutProgress: number;
}

/** Enough for a few bad nodes, few enough to notice a broken site. */
export const MAX_TRIES_WITHOUT_PROGRESS = 5;

/** The policy of one workflow-task: its own entry, laid over the run's. */
export const policyOf = (request: ProcessWorkflowRequest, position: number): Policy => ({
  rerunInterrupted:
    request.recovery.tasks[String(position)]?.rerun_interrupted ?? request.recovery.rerun_interrupted,
  maxTriesWithoutProgress: MAX_TRIES_WITHOUT_PROGRESS,
});
