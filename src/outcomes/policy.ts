/** What a request allows to run again (docs/request.md, "Fields"). Pure. */
import type { ProcessWorkflowRequest } from '../wire/request.js';
import { MAX_TRIES_WITHOUT_PROGRESS } from './tunables.js';

export interface Policy {
  /** A unit that was interrupted may run again. */
  rerunInterrupted: boolean;
  /** Tries of one batch in a row in which no unit ended, after which what never started has failed. */
  maxTriesWithoutProgress: number;
}

/** The policy of one workflow-task: its own entry, laid over the run's. */
export const policyOf = (request: ProcessWorkflowRequest, position: number): Policy => ({
  rerunInterrupted:
    request.recovery.tasks[String(position)]?.rerun_interrupted ?? request.recovery.rerun_interrupted,
  maxTriesWithoutProgress: MAX_TRIES_WITHOUT_PROGRESS,
});
