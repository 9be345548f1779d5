/** What a run allows to run again (docs/recovery.md), for one workflow-task. Pure. */
import type { OnFailure, Recovery, RecoveryRules } from '../wire/recovery.js';
import type { ProcessWorkflowRequest } from '../wire/request.js';
import { settleRecovery } from './settle-recovery.js';
import { MAX_PREEMPTIONS, MAX_TRIES_WITHOUT_PROGRESS, RERUN_TRIES } from './tunables.js';

export interface Policy {
  rules: RecoveryRules;
  /** Repeats of one unit that `rerun_interrupted` pays for. */
  rerunTries: number;
  /** Tries of one batch in a row in which no unit ended, after which what never started has failed. */
  maxTriesWithoutProgress: number;
  /** The same for tries that ended because the scheduler took the node away. */
  maxPreemptions: number;
  /** A try has a part for each size that its units ask for; false: of all units that run again, the largest. */
  inParts: boolean;
}

/** What a stage's plan says of it. */
export interface PolicyOfPlan {
  retry?: { rerun_interrupted: boolean } | undefined;
  exclusive?: string[] | undefined;
}

/** As requests of format 2 and older hold it. */
type OldRecovery = Pick<Recovery, 'rerun_interrupted'> & {
  tasks: Record<string, Pick<Recovery, 'rerun_interrupted'>>;
};

const isSettled = (recovery: Recovery | OldRecovery): recovery is Recovery => 'memory' in recovery;

const settled = ({ recovery }: Pick<ProcessWorkflowRequest, 'recovery'>): Recovery => {
  const known: Recovery | OldRecovery = recovery;
  return isSettled(known) ? known : settleRecovery({}, known, known.tasks);
};

/**
 * The policy of one workflow-task: its own entry, laid over the run's.
 *
 * @param plan that of the stage: what an operator's retry allows besides, and whether there are units that must not meet.
 */
export const policyOf = (
  request: Pick<ProcessWorkflowRequest, 'recovery'>,
  position: number,
  { retry, exclusive }: PolicyOfPlan = {},
): Policy => {
  const recovery = settled(request);
  const rules = recovery.tasks[String(position)] ?? recovery;
  return {
    rules: retry?.rerun_interrupted === true ? { ...rules, rerun_interrupted: true } : rules,
    rerunTries: RERUN_TRIES,
    maxTriesWithoutProgress: MAX_TRIES_WITHOUT_PROGRESS,
    maxPreemptions: MAX_PREEMPTIONS,
    // The jobs of a try's parts run side by side.
    inParts: recovery.in_parts === true && exclusive === undefined,
  };
};

/** What becomes of the run when units of the task have failed. */
export const onFailureOf = (
  request: Pick<ProcessWorkflowRequest, 'recovery'>,
  position: number,
): OnFailure => {
  const recovery = settled(request);
  return (recovery.tasks[String(position)] ?? recovery).on_failure;
};
