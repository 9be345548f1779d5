/** What the server says of a user's queues: does anything wait there, and does anybody look after them? */
import { hostname } from 'node:os';
import type { Connection } from '@temporalio/client';
import { POLLER_SILENT_MS } from '../client/tunables.js';
import { version } from '../version.js';
import { onDemandQueue, stepsTaskQueue } from '../wire/names.js';
import { SIGN_HELD_MS } from './tunables.js';

export interface Demand {
  /** Activities that wait for a worker. */
  backlog: number;
  /** Workers that poll, as they call themselves, and that still live as far as can be told. */
  polledBy: string[];
}

/** `temporal.api.enums.v1.TaskQueueType`. */
const ACTIVITY = 2;

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** One that has ended is remembered by the server for minutes; of this host's it is known which live. */
const isLiving = (identity: string, lastSeenMs: number): boolean => {
  const [, pid, host] = /^(\d+)@(\S+)/.exec(identity) ?? [];
  if (pid !== undefined && host === hostname()) return isThere(Number(pid));
  return Date.now() - lastSeenMs < POLLER_SILENT_MS;
};

const lookAt = async (connection: Connection, namespace: string, queue: string): Promise<Demand> => {
  const { stats, pollers } = await connection.workflowService.describeTaskQueue({
    ...{ namespace, taskQueue: { name: queue }, taskQueueType: ACTIVITY, reportStats: true },
  });
  const polledBy = pollers.flatMap(({ identity, lastAccessTime }) =>
    identity && isLiving(identity, Number(String(lastAccessTime?.seconds ?? 0)) * 1_000) ? [identity] : [],
  );
  return { backlog: Number(String(stats?.approximateBacklogCount ?? 0)), polledBy };
};

/** Of both queues of a worker: a run that is to be opened waits at the second one, its batches at the first. */
export const demandOf = async (connection: Connection, namespace: string, queue: string): Promise<Demand> => {
  const batches = await lookAt(connection, namespace, queue);
  const steps = await lookAt(connection, namespace, stepsTaskQueue(queue));
  return {
    backlog: batches.backlog + steps.backlog,
    polledBy: [...new Set([...batches.polledBy, ...steps.polledBy])],
  };
};

/**
 * Lets the server note that a supervisor looks after a queue: a poll of one that nothing is ever put on, given up at once.
 * Holding it would cost a call for each user all the time.
 */
export const leaveSign = async (connection: Connection, namespace: string, queue: string): Promise<void> => {
  const over = AbortSignal.timeout(SIGN_HELD_MS);
  const identity = `supervisor ${process.pid}@${hostname()} fractal-temporal/${version}`;
  try {
    await connection.withAbortSignal(over, () =>
      // The server wants one for a poll.
      connection.withDeadline(Date.now() + 2 * SIGN_HELD_MS, () =>
        connection.workflowService.pollActivityTaskQueue({
          ...{ namespace, taskQueue: { name: onDemandQueue(queue) }, identity },
        }),
      ),
    );
  } catch (error) {
    if (!over.aborted) throw error;
  }
};
