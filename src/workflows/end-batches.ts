/** The end of batches that nobody waits for any more. */
import { log } from '@temporalio/workflow';
import type { StageToEnd, TaskSummary } from '../wire/activities.js';
import { endOpenBatches, partsOfTrack, type RunState, type TaskState } from './state.js';
import { endStep } from './steps.js';
import { MAX_WARNINGS } from './tunables.js';

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
        .flatMap((track) =>
          partsOfTrack(track).map((part) => ({ batch: track.batch, try: track.try, ...part })),
        ),
    }))
    .filter(({ batches }) => batches.length > 0);

/** Batches that nobody waits for any more are ended, verified, and what their units had finished is kept. */
export const endBatches = async (
  { run, taskQueue }: { run: RunState; taskQueue: string },
  task: TaskSummary,
  title: string,
  state: TaskState,
  reason: 'cancelled' | 'gave_up',
): Promise<void> => {
  const stages = pendingBatches(state);
  const count = stages.reduce((sum, { batches }) => sum + batches.length, 0);
  if (count > 0) {
    const ended = await endStep(taskQueue, `${title}: end ${count} batches`).cancelBatches({
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
    run.warnings = [...run.warnings, ...uncertain.map((words) => `${title}, ${words}`)].slice(-MAX_WARNINGS);
    for (const words of uncertain) log.error('a batch could not be ended for certain', { words });
  }
  for (const stage of state.stages) endOpenBatches(stage);
};
