/** The activities as the workflow calls them: time-outs, retries and the line that the Web UI shows. */
import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { ProcessWorkflowActivities } from '../wire/activities.js';
import { stepsTaskQueue } from '../wire/names.js';
import {
  BATCH_BACKOFF_MAX_SECONDS,
  BATCH_BACKOFF_SECONDS,
  HEARTBEAT_TIMEOUT_SECONDS,
  SCHEDULE_TO_CLOSE_DAYS,
  STEP_ATTEMPT_MINUTES,
  STORAGE_ATTEMPTS,
  STORAGE_BACKOFF_MAX_SECONDS,
  STORAGE_BACKOFF_SECONDS,
} from './tunables.js';

const common = (taskQueue: string): ActivityOptions => ({
  taskQueue,
  scheduleToCloseTimeout: `${SCHEDULE_TO_CLOSE_DAYS} days`,
  heartbeatTimeout: `${HEARTBEAT_TIMEOUT_SECONDS}s`,
});

/** Open, plan, apply, close: repeated while storage fails, for about an hour. */
export const step = (taskQueue: string, summary: string): Omit<ProcessWorkflowActivities, 'runBatch'> =>
  proxyActivities<ProcessWorkflowActivities>({
    ...common(stepsTaskQueue(taskQueue)),
    summary,
    startToCloseTimeout: `${STEP_ATTEMPT_MINUTES} minutes`,
    retry: {
      initialInterval: `${STORAGE_BACKOFF_SECONDS}s`,
      backoffCoefficient: 1.5,
      maximumInterval: `${STORAGE_BACKOFF_MAX_SECONDS}s`,
      maximumAttempts: STORAGE_ATTEMPTS,
    },
  });

const untilItEnds = {
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: `${BATCH_BACKOFF_SECONDS}s`,
    backoffCoefficient: 2,
    maximumInterval: `${BATCH_BACKOFF_MAX_SECONDS}s`,
  },
} as const;

/** A batch: any number of attempts, since each worker that dies costs one. */
export const batchStep = (taskQueue: string, summary: string): Pick<ProcessWorkflowActivities, 'runBatch'> =>
  proxyActivities<ProcessWorkflowActivities>({ ...common(taskQueue), summary, ...untilItEnds });

/** The end of batches: any number of attempts, among the short activities. */
export const endStep = (
  taskQueue: string,
  summary: string,
): Pick<ProcessWorkflowActivities, 'cancelBatches'> =>
  proxyActivities<ProcessWorkflowActivities>({
    ...common(stepsTaskQueue(taskQueue)),
    summary,
    ...untilItEnds,
  });
