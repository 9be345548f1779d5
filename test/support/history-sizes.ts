/** What a run has left on its server: sizes of its histories, and of what travels in them. */
import type { Client } from '@temporalio/client';

export interface LinkSizes {
  events: number;
  bytes: number;
  /** Bytes of the payloads in one event, the largest of each kind; kinds are `runBatch in`, `runBatch out`, `continue as new`. */
  largest: Record<string, number>;
}

type Link = ReturnType<Client['workflow']['getHandle']>;
type Event = NonNullable<Awaited<ReturnType<Link['fetchHistory']>>['events']>[number];

const payloadBytes = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return value.byteLength;
  return Object.values(value).reduce<number>((sum, part) => sum + payloadBytes(part), 0);
};

/** What the payloads of an event are. Those of failures count as what comes out of an activity. */
const kindOf = (event: Event, activities: Map<string, string>): string | null => {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const name = scheduled.activityType?.name ?? '';
    activities.set(String(event.eventId), name);
    return `${name} in`;
  }
  const ended = event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes;
  if (ended) return `${activities.get(String(ended.scheduledEventId)) ?? ''} out`;
  if (event.workflowExecutionStartedEventAttributes) return 'start';
  if (event.workflowExecutionContinuedAsNewEventAttributes) return 'continue as new';
  return payloadBytes(event) > 0 ? 'other' : null;
};

/** Each history of a run that may have continued as new, from the first on. */
export const historySizes = async (
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<LinkSizes[]> => {
  const links: LinkSizes[] = [];
  for (let runId: string | null | undefined = firstRunId; runId;) {
    const link: Link = client.workflow.getHandle(workflowId, runId);
    const { events } = await link.fetchHistory();
    const { historyLength, historySize } = await link.describe();
    const activities = new Map<string, string>();
    const largest: Record<string, number> = {};
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    for (const event of events ?? []) {
      const kind = kindOf(event, activities);
      if (kind !== null) largest[kind] = Math.max(largest[kind] ?? 0, payloadBytes(event));
    }
    links.push({ events: historyLength, bytes: historySize ?? NaN, largest });
  }
  return links;
};
