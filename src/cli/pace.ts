/** How long the tasks of a run have been at work, and how fast they are, as seen while it is watched. */
import type { TaskPace } from '../report/progress-lines.js';
import type { TaskProgress } from '../wire/progress.js';
import { PACE_SECONDS } from './tunables.js';

interface Seen {
  /** Waited when it was first seen: then its begin is known. */
  began: number | null;
  ended: number | null;
  /** Units that had ended, at times (ms) within the last PACE_SECONDS. */
  samples: [time: number, units: number][];
}

const isOver = ({ status }: TaskProgress): boolean => status === 'done' || status === 'failed';

const rateOf = (samples: Seen['samples']): number | null => {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last[0] - first[0] < 1_000) return null;
  const rate = ((last[1] - first[1]) * 1_000) / (last[0] - first[0]);
  return rate > 0 ? rate : null;
};

export interface Pace {
  /**
   * Notes what is there now (ms of a clock that only grows).
   *
   * @param isFresh the run has just begun, and its first task with it.
   */
  see(tasks: readonly TaskProgress[], now: number, isFresh: boolean): void;
  /** As last seen, with the time at `now`. */
  at(now: number): TaskPace[];
}

export const createPace = (): Pace => {
  const all = new Map<number, Seen>();
  let tasks: readonly TaskProgress[] = [];
  let looks = 0;
  const note = (task: TaskProgress, now: number, isFresh: boolean): void => {
    const known = all.get(task.position);
    const waits = task.status === 'waiting';
    // Of a task that was at work at the first look nobody knows here when it began.
    const seen = known ?? { began: null, ended: null, samples: [] };
    if (known === undefined) all.set(task.position, seen);
    if (seen.began === null && !waits && (known !== undefined || isFresh) && seen.samples.length === 0)
      seen.began = now;
    if (isOver(task)) seen.ended ??= now;
    else seen.ended = null;
    if (waits) return;
    seen.samples.push([now, task.units_done + task.units_failed]);
    while (now - (seen.samples[0]?.[0] ?? now) > PACE_SECONDS * 1_000) seen.samples.shift();
  };
  return {
    see: (now, time, isFresh) => {
      tasks = now;
      for (const task of now) note(task, time, isFresh);
      looks += 1;
    },
    at: (now) =>
      tasks.map((task) => {
        const seen = all.get(task.position);
        const began = seen?.began ?? null;
        return {
          task,
          seconds: began === null ? null : ((seen?.ended ?? now) - began) / 1_000,
          rate: seen === undefined || looks < 2 ? null : rateOf(seen.samples),
        };
      }),
  };
};
