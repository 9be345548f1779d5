/** What a request allows to run again (docs/request.md, "Fields"). Pure. */
import type { OnFailure, RecoveryRules } from '../wire/recovery.js';
import type { ProcessWorkflowRequest } from '../wire/request.js';
import { MAX_TRIES_WITHOUT_PROGRESS } from './tunables.js';

export interface Policy {
  /** A unit that was interrupted may run again. */
  rerunInterrupted: boolean;
  /** Tries of one batch in a row in which no unit ended, after which what never started has failed. */
  maxTriesWithoutProgress: number;
}

/**
 * The policy of one workflow-task: its own entry, laid over the run's.
 *
 * @param retry what an operator's retry allows besides.
 */
export const policyOf = (
  request: ProcessWorkflowRequest,
  position: number,
  retry: { rerun_interrupted: boolean } | null = null,
): Policy => ({
  rerunInterrupted:
    retry?.rerun_interrupted === true ||
    (request.recovery.tasks[String(position)]?.rerun_interrupted ?? request.recovery.rerun_interrupted),
  maxTriesWithoutProgress: MAX_TRIES_WITHOUT_PROGRESS,
});

/** What becomes of the run when units of the task have failed; requests that 0.2 has stored say nothing of it. */
export const onFailureOf = (
  { recovery }: Pick<ProcessWorkflowRequest, 'recovery'>,
  position: number,
): OnFailure => {
  const { on_failure } = (recovery.tasks[String(position)] ?? recovery) as Partial<RecoveryRules>;
  return on_failure ?? 'fail';
};
