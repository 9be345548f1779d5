/** The order of activities as the workflow calls them (src/workflows), in process and one batch after the other. */
import { CancelledFailure } from '@temporalio/common';
import type {
  BatchOutcome,
  OpenedRun,
  ProcessWorkflowActivities,
  TaskSummary,
} from '../../src/wire/activities.js';
import type { ExecutionFailure } from '../../src/wire/failure.js';
import { asExecutionFailure, outcomeOfFailedBatch } from '../../src/workflows/failures.js';
import {
  beginBatch,
  endOpenBatches,
  newRun,
  newStage,
  partsOfTrack,
  recordTry,
  type RunState,
  type StageState,
  type TaskState,
} from '../../src/workflows/state.js';

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
}

const isCancelled = (error: unknown): boolean => error instanceof CancelledFailure;

const runBatches = async (
  { activities, run }: Context,
  position: number,
  stage: StageState,
): Promise<void> => {
  const thrown: unknown[] = [];
  for (let track = beginBatch(stage); track !== null; track = beginBatch(stage)) {
    try {
      while (stage.open.includes(track)) {
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
  for (const [index, name] of (compound ? (['first', 'compute'] as const) : (['first'] as const)).entries()) {
    const before = state.stages[index - 1];
    if (before !== undefined && before.units_failed > 0) return;
    const plan = await activities.planTask({
      ...{ run: run.opened.run, position, stage: name, images: run.images, type_filters: run.type_filters },
      init_tries: before?.more_tries['0'] ?? 1,
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

const runTask = async (context: Context): Promise<ExecutionFailure | 'done' | 'cancelled'> => {
  const { activities, run } = context;
  const task = run.opened.tasks[run.next];
  if (task === undefined) throw new RangeError('no such task');
  const state: TaskState = { started: STARTED, stages: [] };
  let failure: ExecutionFailure | null = null;
  let cancelled = false;
  try {
    await runStages(context, state, task.type.includes('compound'));
  } catch (error) {
    cancelled = isCancelled(error);
    if (!cancelled) failure = asExecutionFailure(error, task.name);
  }
  if (cancelled || failure !== null)
    run.warnings.push(...(await endBatches(context, task, state, cancelled ? 'cancelled' : 'gave_up')));
  const applied = await activities.applyTask({
    ...{ run: run.opened.run, position: task.position, images: run.images, type_filters: run.type_filters },
    stages: state.stages.map(({ stage, plan, next, more_tries }) => ({
      ...{ stage, plan: plan.plan, begun: next, more_tries },
    })),
    ...{ failure, cancelled, started: STARTED, ended: STARTED },
  });
  Object.assign(run, { images: applied.images, type_filters: applied.type_filters, next: run.next + 1 });
  run.records.push(applied.record);
  const { status, done, failed, total } = applied;
  run.totals.push({ status, done, failed, total, batches: 0 });
  return cancelled ? 'cancelled' : (applied.failure ?? 'done');
};

/** Runs a request to its end; whatever an activity ends with for good becomes the run's failure. */
export const runWorkflow = async (
  request: unknown,
  uuid: string,
  activities: ProcessWorkflowActivities,
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
    while (end === 'done' && run.next < opened.tasks.length) end = await runTask({ activities, run });
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
