/** One task of a run: plan, run its batches, for a compound once more for its list, apply; then perhaps wait for the operator. */
import { CancellationScope, condition, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { AppliedTask, TaskSummary } from '../wire/activities.js';
import type { ExecutionFailure, FileReference } from '../wire/failure.js';
import { taskTypeTraits } from '../tasks/task-types.js';
import { endBatches } from './end-batches.js';
import { asExecutionFailure } from './failures.js';
import { completePlan } from './old-state.js';
import type { Phase } from './progress.js';
import { runStage } from './run-stage.js';
import { allTries, newStage, type RunState, type StageState, type TaskState } from './state.js';
import { step } from './steps.js';
import { taskTitle } from '../wire/task-title.js';

export interface TaskContext {
  run: RunState;
  taskQueue: string;
  show(phase: Phase): void;
  /** Tells that the run is being cancelled: its batches are ended first. */
  cancelling(): void;
  /** The operator lets further batches begin. */
  mayBegin(): boolean;
  /** The operator has said stop to a held run. */
  stopped(): boolean;
}

/** `done`, `moved` (continue as new, then come back), or why the run fails here. */
export type TaskEnd = 'done' | 'moved' | ExecutionFailure;

const isCompound = ({ type }: TaskSummary): boolean => taskTypeTraits[type].isCompound;

const currentTask = (run: RunState): TaskSummary => {
  const task = run.opened.tasks[run.next];
  if (task === undefined) throw new RangeError(`no task at index ${run.next} of the range`);
  return task;
};

export const titleOf = (task: TaskSummary): string => `Task ${task.order} ${taskTitle(task)}`;

const initFailed = (stage: StageState): boolean => stage.units_failed > 0;

const shouldMove = (): boolean => workflowInfo().continueAsNewSuggested;

/** Waits while the run is paused; false when it should continue as new before that is over. */
const unpaused = async ({ mayBegin, show }: TaskContext): Promise<boolean> => {
  if (mayBegin()) return true;
  show('waiting');
  await condition(() => mayBegin() || shouldMove());
  return mayBegin();
};

const leftOutOf = ({ left_out }: RunState): { left_out?: FileReference } =>
  left_out === undefined ? {} : { left_out };

/** Plans and runs what is left of the stages of a round. */
const runStages = async (
  context: TaskContext,
  task: TaskSummary,
  state: TaskState,
): Promise<'ended' | 'moved'> => {
  const { run, taskQueue, show } = context;
  // A retry begins with the stage that has failed.
  const begins = state.stages[0]?.stage ?? 'first';
  const wanted = begins === 'first' && isCompound(task) ? (['first', 'compute'] as const) : [begins];
  for (const [index, name] of wanted.entries()) {
    let stage = state.stages[index];
    if (stage === undefined) {
      const before = state.stages[index - 1];
      if (before !== undefined && initFailed(before)) return 'ended';
      if (!(await unpaused(context))) return 'moved';
      show('planning');
      const plan = await step(taskQueue, `${titleOf(task)}: plan${index === 0 ? '' : ' its list'}`).planTask({
        run: run.opened.run,
        position: task.position,
        stage: name,
        images: run.images,
        type_filters: run.type_filters,
        init_tries: before?.more_tries['0'] ?? before?.first_try ?? 1,
        ...leftOutOf(run),
        ...(before?.first_try === undefined
          ? {}
          : { init_first_try: before.first_try, generation: state.generation ?? 0 }),
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
      mayBegin: context.mayBegin,
      changed: () => {
        show('running');
      },
    });
    if (end === 'moved') return 'moved';
  }
  return 'ended';
};

const batchesOf = ({ rounds = [], stages }: TaskState): number =>
  [...rounds.map(({ begun }) => begun), ...stages.map(({ plan }) => plan.batches)].reduce(
    (sum, batches) => sum + batches,
    0,
  );

/** The task is over: what was applied counts for the following tasks. */
const settle = (run: RunState, state: TaskState, applied: AppliedTask): void => {
  run.images = applied.images;
  run.type_filters = applied.type_filters;
  run.records.push(applied.record);
  const { status, done, failed, total } = applied;
  run.totals.push({ status, done, failed, total, batches: batchesOf(state) });
  run.task = null;
  run.next += 1;
};

const apply = async (
  { run, taskQueue, show }: TaskContext,
  task: TaskSummary,
  state: TaskState,
  failure: ExecutionFailure | null,
  cancelled: boolean,
): Promise<AppliedTask> => {
  show('applying');
  const again = state.applied !== undefined;
  if (again) state.generation = (state.generation ?? 0) + 1;
  return step(taskQueue, `${titleOf(task)}: apply${again ? ' again' : ''}`).applyTask({
    run: run.opened.run,
    position: task.position,
    images: run.images,
    type_filters: run.type_filters,
    stages: allTries(state),
    ...(again ? { generation: state.generation, given_up: state.given_up?.file ?? null } : {}),
    ...leftOutOf(run),
    failure,
    cancelled,
    started: state.started,
    ended: new Date().toISOString(),
  });
};

/** After a cancellation. What cannot be kept must not turn the cancellation into another failure. */
const keepWhatEnded = async (context: TaskContext, task: TaskSummary, state: TaskState): Promise<void> => {
  const { run } = context;
  try {
    if (!state.held) {
      await endBatches(context, task, titleOf(task), state, 'cancelled');
      state.applied = await apply(context, task, state, null, true);
    }
  } catch (error) {
    log.error('the outputs of a cancelled task could not be kept', { error, task: titleOf(task) });
  }
  if (state.applied !== undefined) settle(run, state, state.applied);
  context.show('applying');
};

/** Waits for the operator's word on the failed units. */
const whileHeld = async (
  context: TaskContext,
  state: TaskState,
): Promise<'moved' | 'retry' | 'given up' | 'stopped'> => {
  context.show('held');
  const isDecided = (): boolean => !state.held || state.held.open === 0 || context.stopped();
  await condition(() => isDecided() || shouldMove());
  if (context.stopped()) return 'stopped';
  if (!state.held) return 'retry';
  return state.held.open === 0 ? 'given up' : 'moved';
};

/** Runs one round and applies it; null when the run should move first. */
const runRound = async (
  context: TaskContext,
  task: TaskSummary,
  state: TaskState,
): Promise<AppliedTask | null> => {
  let failure: ExecutionFailure | null = null;
  try {
    if ((await runStages(context, task, state)) === 'moved') return null;
  } catch (error) {
    if (isCancellation(error)) throw error;
    failure = asExecutionFailure(error, titleOf(task));
  }
  return CancellationScope.nonCancellable(async () => {
    if (failure !== null) await endBatches(context, task, titleOf(task), state, 'gave_up');
    return apply(context, task, state, failure, false);
  });
};

/** What a task that was applied, with failed units or without, means for the run. */
const conclude = (context: TaskContext, state: TaskState, applied: AppliedTask): TaskEnd => {
  const { run, show } = context;
  settle(run, state, applied);
  show('applying');
  if (applied.goes_on !== true) return applied.failure ?? 'done';
  run.failure ??= applied.failure;
  if (applied.left_out !== undefined) run.left_out = applied.left_out;
  return 'done';
};

const runRounds = async (context: TaskContext, task: TaskSummary, state: TaskState): Promise<TaskEnd> => {
  for (;;) {
    if (!state.held) {
      const applied = await runRound(context, task, state);
      if (applied === null) return 'moved';
      if (applied.hold === undefined) return conclude(context, state, applied);
      state.applied = applied;
      state.held = applied.hold;
    }
    const end = await whileHeld(context, state);
    if (end === 'moved') return 'moved';
    if (end === 'stopped' && state.applied !== undefined) return conclude(context, state, state.applied);
    if (end === 'given up') {
      const applied = await CancellationScope.nonCancellable(() => apply(context, task, state, null, false));
      return conclude(context, state, applied);
    }
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
  try {
    return await runRounds(context, task, state);
  } catch (error) {
    if (!isCancellation(error)) {
      if (state.applied !== undefined) settle(run, state, state.applied);
      return asExecutionFailure(error, `${titleOf(task)}: its outputs could not be kept`);
    }
    context.cancelling();
    await CancellationScope.nonCancellable(() => keepWhatEnded(context, task, state));
    throw error;
  }
};
