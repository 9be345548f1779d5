/** How a run's progress is shown: a picture that is drawn anew on a terminal, else one line per change. */
import type { LiveProgress } from '../client/index.js';
import { waitingReasons } from '../report/waiting-reasons.js';
import type { TaskProgress } from '../wire/progress.js';
import { forPeople, type Io, say } from './io.js';
import { progressLines } from '../report/progress-lines.js';
import { createLiveBlock } from './live-block.js';
import { createPace } from './pace.js';
import { isAnimated, styleOf } from './style.js';
import { CLOCK_MS, FRESH_MS, LINE_PER_PARTS } from './tunables.js';
import { taskTitle } from '../wire/task-title.js';

export interface ProgressView {
  update(progress: LiveProgress): void;
  /** A line that stays, between the bars' updates. */
  note(line: string): void;
  stop(): void;
}

const counts = ({ units_done, units_failed, units_total }: TaskProgress): string => {
  if (units_total === null) return '';
  const failed = units_failed > 0 ? `, ${units_failed} failed` : '';
  return ` ${units_done + units_failed}/${units_total}${failed}`;
};

/** `task 2/5 Project Image: running 3/4, 1 failed` */
export const progressLine = (task: TaskProgress, index: number, tasks: number): string =>
  `task ${index + 1}/${tasks} ${taskTitle(task)}: ${task.status}${counts(task)}`;

/** What a change is: another status, another tenth of the units, another number of failures. */
const changeKey = (task: TaskProgress): string => {
  const ended = task.units_done + task.units_failed;
  const part = task.units_total ? Math.floor((ended * LINE_PER_PARTS) / task.units_total) : 0;
  return [task.status, part, task.units_failed > 0, task.units_total].join(' ');
};

const lineView = (io: Io): ProgressView => {
  const last = new Map<number, string>();
  const told = new Set<string>();
  return {
    update: (live) => {
      const tasks = live.progress?.tasks ?? [];
      tasks.forEach((task, index) => {
        const key = changeKey(task);
        if (last.get(index) === key) return;
        // The first look at a run shows only what has begun.
        if (last.has(index) || task.status !== 'waiting') say(io, progressLine(task, index, tasks.length));
        last.set(index, key);
      });
      for (const reason of waitingReasons(live)) {
        if (!told.has(reason)) say(io, reason);
        told.add(reason);
      }
    },
    note: (line) => say(io, line),
    stop: () => undefined,
  };
};

/** Where a terminal does not tell. */
const USUAL_ROWS = 24;

const pictureView = (io: Io): ProgressView => {
  const block = createLiveBlock(io.stderr);
  const pace = createPace();
  const watchedSince = performance.now();
  let reasons: string[] = [];
  let started: number | null = null;
  const elapsed = (): number =>
    started === null ? performance.now() - watchedSince : Math.max(0, Date.now() - started);
  const draw = (): void => {
    const tasks = pace.at(performance.now());
    // Nothing is known of a run that nobody has opened yet.
    if (tasks.length === 0 && reasons.length === 0) return;
    const picture = { tasks, reasons, elapsedSeconds: elapsed() / 1_000 };
    block.draw(progressLines(picture, styleOf(io.stderr, io.env), (io.stderr.rows || USUAL_ROWS) - 1));
  };
  const clock = setInterval(draw, CLOCK_MS);
  clock.unref();
  return {
    update: (live) => {
      started = live.started === undefined ? null : Date.parse(live.started);
      pace.see(live.progress?.tasks ?? [], performance.now(), elapsed() < FRESH_MS);
      reasons = waitingReasons(live);
      draw();
    },
    note: (line) => block.note(forPeople(io, line)),
    stop: () => {
      clearInterval(clock);
      block.release();
    },
  };
};

/** A picture where stderr is a terminal that can be drawn anew, else lines. */
export const createProgressView = (io: Io): ProgressView =>
  isAnimated(io.stderr, io.env) ? pictureView(io) : lineView(io);
