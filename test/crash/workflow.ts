/** The order of activities as the workflow calls them (src/workflows), in process and one batch after the other. */
import { CancelledFailure } from '@temporalio/common';
import type {
  AppliedTask,
  BatchOutcome,
  OpenedRun,
  ProcessWorkflowActivities,
  TaskSummary,
} from '../../src/wire/activities.js';
import type { ExecutionFailure } from '../../src/wire/failure.js';
import { asExecutionFailure, outcomeOfFailedBatch } from '../../src/workflows/failures.js';
import {
  allTries,
  beginBatch,
  endOpenBatches,
  newRun,
  newStage,
  partsOfTrack,
  recordTry,
  type RunState,
  type BatchTrack,
  type StageState,
  type TaskState,
} from '../../src/workflows/state.js';
import { whileHeld, type Operator, type OperatorAct } from './operator.js';

const STARTED = '2026-01-01T00:00:00.000Z';

export interface WorkflowEnd {
  status: 'done' | 'failed' | 'cancelled' | 'refused';
  failure: Pick<ExecutionFailure, 'type' | 'message'> | null;
  totals: RunState['totals'];
  /** What could not be made sure of. */
  warnings: string[];
}

interface Context {
  activities: ProcessWorkflowActivities;
  run: RunState;
  /** What the operator has yet to say. */
  acts: OperatorAct[];
  /** Batches that are begun until the run is paused; Infinity: it never is. */
  beforePause: number;
}

const isCancelled = (error: unknown): boolean => error instanceof CancelledFailure;

const runTry = async (
  { activities, run }: Context,
  position: number,
  stage: StageState,
  track: BatchTrack,
): Promise<void> => {
  track.pending = true;
  const outcomes: BatchOutcome[] = [];
  for (const part of partsOfTrack(track)) {
    const outcome = await activities
      .runBatch({
        ...{ run: run.opened.run, position, stage: stage.stage, plan: stage.plan.plan },
        ...{ batch: track.batch, try: track.try, ...part },
      })
      .catch((error: unknown) => {
        const kept = isCancelled(error) ? null : outcomeOfFailedBatch(error);
        if (kept === null) throw error;
        return kept;
      });
    outcomes.push(outcome);
  }
  recordTry(stage, track, ...outcomes);
};

const runBatches = async (context: Context, position: number, stage: StageState): Promise<void> => {
  const { activities, run } = context;
  const thrown: unknown[] = [];
  for (let track = beginBatch(stage); track !== null; track = beginBatch(stage)) {
    try {
      while (stage.open.includes(track)) {
        const paused = context.beforePause === 0;
        context.beforePause -= 1;
        if (paused) await activities.markPause({ run: run.opened.run, number: 1, paused: true });
        await runTry(context, position, stage, track);
        if (paused) await activities.markPause({ run: run.opened.run, number: 1, paused: false });
      }
    } catch (error) {
      thrown.push(error);
    }
  }
  if (thrown.length > 0) throw thrown[0];
};

const runStages = async (context: Context, state: TaskState, compound: boolean): Promise<void> => {
  const { activities, run } = context;
  const position = run.opened.tasks[run.next]?.position ?? 0;
  const begins = state.stages[0]?.stage ?? 'first';
  const wanted = begins === 'first' && compound ? (['first', 'compute'] as const) : [begins];
  for (const [index, name] of wanted.entries()) {
    const planned = state.stages[index];
    if (planned !== undefined) {
      await runBatches(context, position, planned);
      continue;
    }
    const before = state.stages[index - 1];
    if (before !== undefined && before.units_failed > 0) return;
    const plan = await activities.planTask({
      ...{ run: run.opened.run, position, stage: name, images: run.images, type_filters: run.type_filters },
      init_tries: before?.more_tries['0'] ?? before?.first_try ?? 1,
      ...(before?.first_try === undefined
        ? {}
        : { init_first_try: before.first_try, generation: state.generation ?? 0 }),
    });
    const stage = newStage(name, plan);
    state.stages.push(stage);
    await runBatches(context, position, stage);
  }
};

const endBatches = async (
  { activities, run }: Context,
  task: TaskSummary,
  state: TaskState,
  reason: 'cancelled' | 'gave_up',
): Promise<string[]> => {
  const stages = state.stages
    .map(({ stage, plan, open }) => ({
      ...{ stage, plan: plan.plan, component: plan.component, task_dir: plan.task_dir },
      batches: open
        .filter((track) => track.pending)
        .flatMap((track) =>
          partsOfTrack(track).map((part) => ({ batch: track.batch, try: track.try, ...part })),
        ),
    }))
    .filter(({ batches }) => batches.length > 0);
  const { uncertain } =
    stages.length === 0
      ? { uncertain: [] }
      : await activities.cancelBatches({
          ...{ run: run.opened.run, position: task.position, workflow_name: run.opened.workflow_name },
          ...{ order: task.order, task_name: task.name, stages, reason },
        });
  for (const stage of state.stages) endOpenBatches(stage);
  return uncertain;
};

interface Round {
  applied: AppliedTask;
  cancelled: boolean;
}

/** Runs what is planned of a task, and applies it. */
const runRound = async (
  context: Context,
  task: TaskSummary,
  state: TaskState,
  givenUp: boolean,
): Promise<Round> => {
  const { activities, run } = context;
  let failure: ExecutionFailure | null = null;
  let cancelled = false;
  try {
    if (!givenUp) await runStages(context, state, task.type.includes('compound'));
  } catch (error) {
    cancelled = isCancelled(error);
    if (!cancelled) failure = asExecutionFailure(error, task.name);
  }
  if (cancelled || failure !== null)
    run.warnings.push(...(await endBatches(context, task, state, cancelled ? 'cancelled' : 'gave_up')));
  const again = state.applied !== undefined;
  if (again) state.generation = (state.generation ?? 0) + 1;
  const applied = await activities.applyTask({
    ...{ run: run.opened.run, position: task.position, images: run.images, type_filters: run.type_filters },
    stages: allTries(state),
    ...(again ? { generation: state.generation, given_up: state.given_up?.file ?? null } : {}),
    ...{ failure, cancelled, started: STARTED, ended: STARTED },
  });
  return { applied, cancelled };
};

const runTask = async (context: Context): Promise<ExecutionFailure | 'done' | 'cancelled'> => {
  const { activities, run, acts } = context;
  const task = run.opened.tasks[run.next];
  if (task === undefined) throw new RangeError('no such task');
  const state: TaskState = { started: STARTED, stages: [] };
  let { applied, cancelled } = await runRound(context, task, state, false);
  while (applied.hold !== undefined && !cancelled) {
    const decision = await whileHeld(activities, run, state, applied, acts);
    if (decision === null) break;
    ({ applied, cancelled } = await runRound(context, task, state, decision === 'given up'));
    if (decision === 'given up') break;
  }
  Object.assign(run, { images: applied.images, type_filters: applied.type_filters, next: run.next + 1 });
  run.records.push(applied.record);
  const { status, done, failed, total } = applied;
  run.totals.push({ status, done, failed, total, batches: 0 });
  if (cancelled) return 'cancelled';
  if (applied.goes_on !== true) return applied.failure ?? 'done';
  run.failure ??= applied.failure;
  return 'done';
};

/** Runs a request to its end; whatever an activity ends with for good becomes the run's failure. */
export const runWorkflow = async (
  request: unknown,
  uuid: string,
  activities: ProcessWorkflowActivities,
  operator: Operator = { acts: [] },
): Promise<WorkflowEnd> => {
  let opened: OpenedRun;
  try {
    opened = await activities.openRun({
      request,
      uuid,
      workflow_id: 'crash',
      started: STARTED,
      in_parts: true,
    });
  } catch (error) {
    const { type, message } = asExecutionFailure(error, 'Cannot open the run');
    return { status: 'refused', failure: { type, message }, totals: [], warnings: [] };
  }
  const run = newRun(opened);
  let end: ExecutionFailure | 'done' | 'cancelled' = 'done';
  try {
    const context = {
      ...{ activities, run, acts: [...operator.acts] },
      beforePause: operator.pausesAt ?? Infinity,
    };
    while (end === 'done' && run.next < opened.tasks.length) end = await runTask(context);
    if (end === 'done' && run.failure) end = run.failure;
  } catch (error) {
    end = asExecutionFailure(error, 'the outputs could not be kept');
  }
  let failure = typeof end === 'object' ? end : null;
  const status = typeof end === 'object' ? 'failed' : end;
  try {
    await activities.closeRun({
      ...{ run: opened.run, run_id: 'run', status, error: failure, images: run.images },
      ...{ type_filters: run.type_filters, records: run.records },
    });
  } catch (error) {
    failure ??= asExecutionFailure(error, 'Cannot write the result');
  }
  const words = failure === null ? null : { type: failure.type, message: failure.message };
  return {
    status: failure === null ? status : 'failed',
    failure: words,
    totals: run.totals,
    warnings: run.warnings,
  };
};
