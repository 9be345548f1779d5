/** Progress of a run: what its workflow counts, and on top what its pending batches report. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Progress, TaskProgress } from '../wire/progress.js';
import { within } from './deadline.js';
import { type PendingActivity, pendingActivities } from './pending.js';
import { QUERY_TIMEOUT_MS } from './tunables.js';

/** Whether Temporal's word for a run's state says that it is over; a paused run, or one of an unknown state, is not. */
export const isEnded = (state: string): boolean =>
  ['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT', 'CONTINUED_AS_NEW'].includes(state);

export interface LiveProgress {
  /** Temporal's word: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, ... */
  state: string;
  /** When the run began, RFC 3339. */
  started?: string;
  /** The query's answer with live counts added; null when no worker answers it. */
  progress: Progress | null;
  pending: PendingActivity[];
}

/** Adds the units that the pending batches report as ended to the counts of the ended ones. */
export const addLiveCounts = (progress: Progress, pending: readonly PendingActivity[]): Progress => {
  const running = pending.flatMap(({ batch }) => (batch === null ? [] : [batch]));
  const tasks = progress.tasks.map((task): TaskProgress => {
    const own = running.filter(({ position }) => position === task.position);
    const live = own.reduce(
      (sum, { done, failed }) => ({ done: sum.done + done, failed: sum.failed + failed }),
      {
        done: 0,
        failed: 0,
      },
    );
    // Before a compound's items are known, its running unit is the init's, which is not counted.
    if (task.units_total === null || task.status !== 'running') return task;
    const failed = Math.min(task.units_failed + live.failed, task.units_total);
    return {
      ...task,
      units_failed: failed,
      units_done: Math.min(task.units_done + live.done, task.units_total - failed),
    };
  });
  return { ...progress, tasks };
};

/**
 * Asks server and workflow; never waits long for a worker that is not there.
 *
 * @throws WorkflowNotFoundError for an unknown id.
 */
export const readProgress = async (client: Client, handle: WorkflowHandle): Promise<LiveProgress> => {
  const [description, answer] = await Promise.all([
    handle.describe(),
    within(client, QUERY_TIMEOUT_MS, () => handle.query<Progress>('progress')).catch(() => null),
  ]);
  const pending = await pendingActivities(client, description);
  return {
    state: description.status.name,
    started: description.startTime.toISOString(),
    progress: answer === null ? null : addLiveCounts(answer, pending),
    pending,
  };
};
