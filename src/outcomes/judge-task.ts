/** The verdict on a whole task: which failure it ends with, and whether its units fail together. Pure. */
import { taskTypeTraits } from '../tasks/task-types.js';
import { jobFailure, type ExecutionFailure } from '../wire/failure.js';
import type { WorkflowTask } from '../wire/request.js';
import type { Component } from '../wire/result.js';
import { titleInWorkflow } from '../wire/task-title.js';
import type { StageTally } from './tally.js';
import { unitFailure, type FailedPlan } from './unit-failure.js';
import type { OutcomeHeader } from './unit-outcome.js';

/** A stage as its plan tells. */
export interface JudgedStage {
  plan: FailedPlan & { component: Component };
}

const isCompound = (task: WorkflowTask): boolean => taskTypeTraits[task.task_type].isCompound;

const emptyHeader: OutcomeHeader = {
  key: '',
  try: 1,
  batch: 0,
  backend: '',
  jobs: [],
  cause: null,
  message: null,
  script: '',
  stdout_file: null,
  stderr_file: null,
  unreadable: null,
  bad_nodes: [],
};

/** The first failure by unit index; a compound's init comes first and counts no units. */
const firstFailure = (
  sources: readonly JudgedStage[],
  stages: StageTally[],
  task: WorkflowTask,
): ExecutionFailure | null => {
  for (const [index, { plan }] of sources.entries()) {
    const stage = stages[index];
    const first = stage?.firstFailed ?? null;
    if (stage === undefined || first === null) continue;
    const header = first.header ?? stage.someHeader ?? emptyHeader;
    const inits = isCompound(task) && plan.component === 'init';
    const { total, done } = stage;
    return unitFailure(plan, header, first, inits ? 0 : total - done, inits ? 0 : total);
  }
  return null;
};

interface Counts {
  total: number;
  failed: number;
}

/** Of a compound its compute units only. */
const countsOf = (sources: readonly JudgedStage[], stages: StageTally[], task: WorkflowTask): Counts => {
  const counted = stages.filter(
    (_, index) => !isCompound(task) || sources[index]?.plan.component === 'compute',
  );
  return {
    total: counted.reduce((sum, stage) => sum + stage.total, 0),
    failed: counted.reduce((sum, stage) => sum + stage.total - stage.done, 0),
  };
};

const cannotApply = (task: WorkflowTask, problem: string, { total, failed }: Counts): ExecutionFailure =>
  jobFailure(
    `Task ${task.order} "${titleInWorkflow(task)}": its output cannot be applied: ${problem}. Nothing of it was kept` +
      (failed === 0 ? '' : `; besides, ${failed} of ${total} units had failed`),
    {
      workflow_task_id: task.id,
      workflow_task_order: task.order,
      task_name: task.task.name,
      failed_units: total,
      total_units: total,
    },
  );

export interface TaskVerdict {
  failure: ExecutionFailure | null;
  /** Every unit counts as failed: of a compound of which one did, and where the output cannot be applied. */
  allFailed: boolean;
}

/**
 * @param sources the stages in their order, and `stages` what was counted of each.
 * @param problem why the output cannot be applied; null when it can.
 * @param outside a failure that no unit has (no image left, a layout refused).
 */
export const judgeTask = (
  task: WorkflowTask,
  sources: readonly JudgedStage[],
  stages: StageTally[],
  problem: string | null,
  outside: ExecutionFailure | null,
): TaskVerdict => {
  if (problem !== null)
    return { failure: cannotApply(task, problem, countsOf(sources, stages, task)), allFailed: true };
  const failure = firstFailure(sources, stages, task) ?? outside;
  return { failure, allFailed: isCompound(task) && failure !== null };
};
