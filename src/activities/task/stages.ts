/** The stages of a task, each with all rounds that ran some of its units. */
import { policyOf } from '../../outcomes/policy.js';
import { readPlan } from '../../state/plan-file.js';
import type { RunReference, Stage, StageTries } from '../../wire/stages.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import type { StageSource } from './stage-units.js';

/** One stage of a task. */
export interface StageRounds {
  stage: Stage;
  /** In the order of the rounds: the first holds every unit. */
  sources: [StageSource, ...StageSource[]];
}

export interface TaskRounds {
  run: RunReference;
  position: number;
  stages: StageTries[];
}

/** In their order; a stage that was never planned is not among them. */
export const stagesOf = async (
  { run, position, stages }: TaskRounds,
  request: ProcessWorkflowRequest,
  lateFilesMs: number,
  cancelled = false,
): Promise<StageRounds[]> => {
  const lateUntil = Date.now() + lateFilesMs;
  const found: StageRounds[] = [];
  for (const { stage, plan: reference, first_try = 1, begun, more_tries } of stages) {
    const plan = await readPlan(reference);
    const policy = policyOf(request, position, plan);
    const source = {
      ...{ run, plan, tries: { first_try, begun, more_tries }, policy, cancelled, lateUntil },
      ...{ workflowName: request.workflow.name, backend: request.backend },
    };
    const known = found.find((other) => other.stage === stage);
    if (known === undefined) found.push({ stage, sources: [source] });
    else known.sources.push(source);
  }
  return found;
};

/** The stage whose units can be retried or given up: a compound's init only where it has failed itself. */
export const openStageOf = (stages: readonly StageRounds[]): StageRounds => {
  const last = stages.at(-1);
  if (last === undefined) throw new RangeError('a task without a planned stage has no units');
  return last;
};
