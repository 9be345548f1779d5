/** Whether one of Temporal's workers polls its queue. */
import type { Worker } from '@temporalio/worker';
import type { QueueState } from '../monitor/readiness.js';

/** By the SDK's word: it polls on while its server is away, so this says nothing about the connection. */
export const queueState = (worker: Worker, type: QueueState['type']): QueueState => {
  const { runState, workflowPollerState, activityPollerState } = worker.getStatus();
  const poller = type === 'workflow' ? workflowPollerState : activityPollerState;
  return {
    queue: worker.options.taskQueue,
    type,
    polling: runState === 'RUNNING' && poller === 'POLLING',
  };
};
