/** Does a worker poll the queues of a run? */
import type { Client } from '@temporalio/client';
import { POLLER_SILENT_MS } from './tunables.js';

/** `temporal.api.enums.v1.TaskQueueType`. */
const queueType = { workflow: 1, activity: 2 } as const;

export interface Queue {
  name: string;
  type: keyof typeof queueType;
}

const seconds = (value: unknown): number => {
  if (typeof value === 'number') return value;
  return Number(String(value ?? 0));
};

/** Those of `queues` that no worker was seen at for over a minute. */
export const unpolledQueues = async (client: Client, queues: readonly Queue[]): Promise<Queue[]> => {
  const answers = await Promise.all(
    queues.map(async (queue) => {
      const { pollers } = await client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: queue.name },
        taskQueueType: queueType[queue.type],
      });
      const newest = Math.max(
        0,
        ...pollers.map(({ lastAccessTime }) => seconds(lastAccessTime?.seconds) * 1_000),
      );
      return { queue, polled: Date.now() - newest < POLLER_SILENT_MS };
    }),
  );
  return answers.flatMap(({ queue, polled }) => (polled ? [] : [queue]));
};
