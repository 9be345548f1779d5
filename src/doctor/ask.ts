/** What the doctor asks a server. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { missingSearchAttributes } from '../server/search-attributes.js';
import { POLLER_SILENT_MS } from '../client/tunables.js';
import type { QueueFacts } from './judge.js';
import { ANSWER_MS, CLOCK_LOOK_MS, CLOCK_POLL_MS, CLOCK_STEP_MS } from './tunables.js';

/** `temporal.api.enums.v1.TaskQueueType`. */
const queueType = { workflow: 1, activity: 2 } as const;

/** Nobody works on it and nothing is ever put on it: polling it takes nothing away from anybody. */
const CLOCK_QUEUE = 'fractal-doctor';

interface Timestamp {
  seconds?: { toString(): string } | null | undefined;
  nanos?: number | null | undefined;
}

const milliseconds = (time: Timestamp | null | undefined): number =>
  Number(String(time?.seconds ?? 0)) * 1_000 + (time?.nanos ?? 0) / 1e6;

const inTime = <T>(connection: Connection, work: () => Promise<T>): Promise<T> =>
  connection.withDeadline(Date.now() + ANSWER_MS, work);

export const askVersion = (connection: Connection): Promise<string> =>
  inTime(connection, async () => {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return serverVersion || 'unknown';
  });

/** Seconds of the namespace's retention. */
export const askRetention = (connection: Connection, namespace: string): Promise<number | null> =>
  inTime(connection, async () => {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const time = config?.workflowExecutionRetentionTtl;
    return time ? milliseconds(time) / 1_000 : null;
  });

export const askSearchAttributes = (
  connection: Connection,
  namespace: string,
): Promise<[string, string][] | null> =>
  inTime(connection, () => missingSearchAttributes(connection, namespace)).catch(() => null);

/** Names of the namespaces that this user may see; empty when none may be. */
export const askNamespaces = (connection: Connection): Promise<string[]> =>
  inTime(connection, async () => {
    const { namespaces } = await connection.workflowService.listNamespaces({});
    return namespaces.flatMap(({ namespaceInfo }) => (namespaceInfo?.name ? [namespaceInfo.name] : []));
  }).catch(() => []);

const describe = async (
  connection: Connection,
  namespace: string,
  name: string,
  type: QueueFacts['type'],
): Promise<QueueFacts['pollers']> => {
  const { pollers } = await inTime(connection, () =>
    connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType: queueType[type],
    }),
  );
  return pollers.map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    lastSeen: milliseconds(lastAccessTime),
  }));
};

/** A queue and those who poll it, as far as they were heard of lately by the server's own clock. */
export const askQueue = async (
  connection: Connection,
  namespace: string,
  name: string,
  type: QueueFacts['type'],
): Promise<QueueFacts> => {
  const pollers = await describe(connection, namespace, name, type);
  const newest = Math.max(0, ...pollers.map(({ lastSeen }) => lastSeen), Date.now());
  return { name, type, pollers: pollers.filter(({ lastSeen }) => newest - lastSeen < POLLER_SILENT_MS) };
};

/**
 * By how many seconds the server's clock is ahead of ours, in between. No call of the server tells its time, but it notes
 * when a queue was polled: so one is polled that nobody uses, and asked about.
 */
export const askClock = async (
  connection: Connection,
  namespace: string,
): Promise<{ atLeast: number; atMost: number } | null> => {
  const identity = `doctor ${randomUUID()}`;
  const sent = Date.now();
  const over = new AbortController();
  const poll = connection
    .withAbortSignal(over.signal, () =>
      connection.withDeadline(sent + CLOCK_POLL_MS, () =>
        connection.workflowService.pollActivityTaskQueue({
          namespace,
          taskQueue: { name: CLOCK_QUEUE },
          identity,
        }),
      ),
    )
    .catch(() => undefined);
  try {
    while (Date.now() - sent < CLOCK_LOOK_MS) {
      const pollers = await describe(connection, namespace, CLOCK_QUEUE, 'activity');
      const noted = pollers.find((poller) => poller.identity === identity)?.lastSeen;
      if (noted !== undefined)
        return { atLeast: (noted - Date.now()) / 1_000, atMost: (noted - sent) / 1_000 };
      await sleep(CLOCK_STEP_MS);
    }
    return null;
  } catch {
    return null;
  } finally {
    over.abort();
    await poll;
  }
};
