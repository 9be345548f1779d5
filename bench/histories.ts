/** Times and sizes of a run, as its server recorded them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { median, milliseconds } from './measure.js';

/** One activity of a run: from the moment it was scheduled to its recorded end. */
export interface ActivityTime {
  type: string;
  /** Seconds since the epoch. */
  scheduled: number;
  ended: number;
}

interface Timestamp {
  seconds?: { toString(): string } | null;
  nanos?: number | null;
}

const secondsOf = (time: Timestamp | null | undefined): number =>
  Number(time?.seconds?.toString() ?? NaN) + (time?.nanos ?? 0) / 1e9;

/** The activities that ended well, in the order in which they were scheduled. */
export const activityTimes = async (client: Client, workflowId: string): Promise<ActivityTime[]> => {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = new Map<string, ActivityTime>();
  for (const event of events ?? []) {
    const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (type !== undefined && type !== null) {
      const at = secondsOf(event.eventTime);
      scheduled.set(String(event.eventId), { type, scheduled: at, ended: NaN });
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const activity = completed ? scheduled.get(String(completed.scheduledEventId)) : undefined;
    if (activity !== undefined) activity.ended = secondsOf(event.eventTime);
  }
  return [...scheduled.values()].filter((activity) => !Number.isNaN(activity.ended));
};

export const durationOf = (activity: ActivityTime): number => activity.ended - activity.scheduled;

/** Median time of each type of activity, for whoever looks for the slow one. */
export const mediansOf = (activities: ActivityTime[]): string =>
  [...new Set(activities.map(({ type }) => type))]
    .map((type) => {
      const durations = activities.filter((activity) => activity.type === type).map(durationOf);
      return `${type} ${milliseconds(median(durations))}`;
    })
    .join(', ');

/** Events and bytes of a run's history. */
export const historySize = async (
  client: Client,
  workflowId: string,
): Promise<{ events: number; bytes: number }> => {
  const { historyLength, historySize: bytes } = await client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: bytes ?? NaN };
};

/** Id of the run that the program started in `dir`. */
export const workflowIdIn = async (dir: string): Promise<string> => {
  const result = join(dir, 'run', '.runner', 'run.json');
  const { workflow_id: id } = JSON.parse(await readFile(result, 'utf8')) as { workflow_id: string };
  return id;
};
