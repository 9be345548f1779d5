/** One task of a run: plan, run its batches, for a compound once more for its list, apply. */
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { StageToEnd, TaskSummary } from '../wire/activities.js';
import type { ExecutionFailure } from '../wire/failure.js';
import { taskTypeTraits } from '../tasks/task-types.js';
import { asExecutionFailure } from './failures.js';
import { completePlan } from './old-state.js';
import type { Phase } from './progress.js';
import { runStage } from './run-stage.js';
import { endOpenBatches, newStage, type RunState, type StageState, type TaskState } from './state.js';
import { MAX_WARNINGS } from './tunables.js';
import { endStep, step } from './steps.js';

export interface TaskContext {
  run: RunState;
  taskQueue: string;
  show(phase: Phase): void;
  /** Tells that the run is being cancelled: its batches are ended first. */
  cancelling(): void;
}

/** `done`, `moved` (continue as new, then come back), or why the run fails here. */
export type TaskEnd = 'done' | 'moved' | ExecutionFailure;

const isCompound = ({ type }: TaskSummary): boolean => taskTypeTraits[type].isCompound;

const currentTask = (run: RunState): TaskSummary => {
  const task = run.opened.tasks[run.next];
  if (task === undefined) throw new RangeError(`no task at index ${run.next} of the range`);
  return task;
};

const titleOf = (task: TaskSummary): string => `Task ${task.order} ${task.name}`;

const initFailed = (stage: StageState): boolean => stage.units_failed > 0;

/** Plans and runs what is left of the task's stages. */
const runStages = async (
  context: TaskContext,
  task: TaskSummary,
  state: TaskState,
): Promise<'ended' | 'moved'> => {
  const { run, taskQueue, show } = context;
  const wanted = isCompound(task) ? (['first', 'compute'] as const) : (['first'] as const);
  for (const [index, name] of wanted.entries()) {
    let stage = state.stages[index];
    if (stage === undefined) {
      const before = state.stages[index - 1];
      if (before !== undefined && initFailed(before)) return 'ended';
      show('planning');
      const plan = await step(taskQueue, `${titleOf(task)}: plan${index === 0 ? '' : ' its list'}`).planTask({
        run: run.opened.run,
        position: task.position,
        stage: name,
        images: run.images,
        type_filters: run.type_filters,
        init_tries: before?.more_tries['0'] ?? 1,
      });
      stage = newStage(name, completePlan(plan, name, task, run.opened));
      state.stages.push(stage);
    }
    show('running');
    const end = await runStage({
      state: run,
      stage,
      position: task.position,
      taskQueue,
      title: titleOf(task),
      changed: () => {
        show('running');
      },
    });
    if (end === 'moved') return 'moved';
  }
  return 'ended';
};

/** Only what has been scheduled can have left anything behind. */
const pendingBatches = (state: TaskState): StageToEnd[] =>
  state.stages
    .map(({ stage, plan, open }) => ({
      stage,
      plan: plan.plan,
      component: plan.component,
      task_dir: plan.task_dir,
      batches: open
        .filter((track) => track.pending)
        .map(({ batch, try: attempt }) => ({ batch, try: attempt })),
    }))
    .filter(({ batches }) => batches.length > 0);

/** Batches that nobody waits for any more are ended, verified, and what their units had finished is kept. */
const endBatches = async (
  context: TaskContext,
  task: TaskSummary,
  state: TaskState,
  reason: 'cancelled' | 'gave_up',
): Promise<void> => {
  const stages = pendingBatches(state);
  const count = stages.reduce((sum, { batches }) => sum + batches.length, 0);
  if (count > 0) {
    const { run, taskQueue } = context;
    const summary = `${titleOf(task)}: end ${count} batches`;
    const ended = await endStep(taskQueue, summary).cancelBatches({
      run: run.opened.run,
      position: task.position,
      workflow_name: run.opened.workflow_name,
      order: task.order,
      task_name: task.name,
      stages,
      reason,
    });
    // Absent in histories of before 0.2.
    const { uncertain = [] } = ended as Partial<typeof ended>;
    run.warnings = [...run.warnings, ...uncertain.map((words) => `${titleOf(task)}, ${words}`)].slice(
      -MAX_WARNINGS,
    );
    for (const words of uncertain) log.error('a batch could not be ended for certain', { words });
  }
  for (const stage of state.stages) endOpenBatches(stage);
};

const apply = async (
  context: TaskContext,
  task: TaskSummary,
  state: TaskState,
  failure: ExecutionFailure | null,
  cancelled: boolean,
): Promise<ExecutionFailure | null> => {
  const { run, taskQueue, show } = context;
  show('applying');
  const applied = await step(taskQueue, `${titleOf(task)}: apply`).applyTask({
    run: run.opened.run,
    position: task.position,
    images: run.images,
    type_filters: run.type_filters,
    stages: state.stages.map((stage) => ({
      stage: stage.stage,
      plan: stage.plan.plan,
      begun: stage.next,
      more_tries: stage.more_tries,
    })),
    failure,
    cancelled,
    started: state.started,
    ended: new Date().toISOString(),
  });
  run.images = applied.images;
  run.type_filters = applied.type_filters;
  run.records.push(applied.record);
  const { status, done, failed, total } = applied;
  const batches = state.stages.reduce((sum, stage) => sum + stage.plan.batches, 0);
  run.totals.push({ status, done, failed, total, batches });
  run.task = null;
  run.next += 1;
  show('applying');
  return applied.failure;
};

/** After a cancellation. What cannot be kept must not turn the cancellation into another failure. */
const keepWhatEnded = async (context: TaskContext, task: TaskSummary, state: TaskState): Promise<void> => {
  try {
    await endBatches(context, task, state, 'cancelled');
    await apply(context, task, state, null, true);
  } catch (error) {
    log.error('the outputs of a cancelled task could not be kept', { error, task: titleOf(task) });
  }
};

/**
 * Runs the task at `run.next`, or what is left of it. Its outputs are applied and kept whatever happened, before a
 * failure is returned or the cancellation goes on.
 */
export const runTask = async (context: TaskContext): Promise<TaskEnd> => {
  const { run } = context;
  const task = currentTask(run);
  const state = (run.task ??= { started: new Date().toISOString(), stages: [] });
  let failure: ExecutionFailure | null = null;
  try {
    if ((await runStages(context, task, state)) === 'moved') return 'moved';
  } catch (error) {
    if (isCancellation(error)) {
      context.cancelling();
      await CancellationScope.nonCancellable(() => keepWhatEnded(context, task, state));
      throw error;
    }
    failure = asExecutionFailure(error, titleOf(task));
  }
  try {
    return await CancellationScope.nonCancellable(async () => {
      if (failure !== null) await endBatches(context, task, state, 'gave_up');
      return (await apply(context, task, state, failure, false)) ?? 'done';
    });
  } catch (error) {
    return asExecutionFailure(error, `${titleOf(task)}: its outputs could not be kept`);
  }
};
