/** Which task queue a run's activities go to, before anything has validated its request. */
import { activityTaskQueue as queueOf } from './names.js';

/** Of a request that names none. */
export const DEFAULT_BACKEND = 'local';

const textOf = (request: unknown, key: string): string | null => {
  if (typeof request !== 'object' || request === null || !(key in request)) return null;
  const value = (request as Record<string, unknown>)[key];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** A request too wrong to say where it goes is refused by the local queue's `openRun`, with all its errors. */
export const activityTaskQueue = (request: unknown): string =>
  textOf(request, 'activity_task_queue') ?? queueOf(textOf(request, 'backend') ?? DEFAULT_BACKEND);
