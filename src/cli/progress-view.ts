/** How a run's progress is shown: bars on a terminal, else one line per change. */
import { MultiBar, type SingleBar } from 'cli-progress';
import type { LiveProgress } from '../client/index.js';
import { waitingReasons } from '../report/waiting-reasons.js';
import { plainText } from '../state/plain-text.js';
import type { TaskProgress } from '../wire/progress.js';
import { type Io, say } from './io.js';
import { isAnimated } from './style.js';
import { LINE_PER_PARTS } from './tunables.js';

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
  `task ${index + 1}/${tasks} ${task.name}: ${task.status}${counts(task)}`;

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

const barView = (io: Io): ProgressView => {
  const bars = new MultiBar({
    format: '{name} [{bar}] {value}/{total} {note}',
    stream: io.stderr,
    clearOnComplete: false,
    hideCursor: false,
    emptyOnZero: true,
  });
  const byTask: SingleBar[] = [];
  return {
    update: (live) => {
      const tasks = live.progress?.tasks ?? [];
      const width = Math.max(0, ...tasks.map(({ name }) => plainText(name).length));
      const reasons = waitingReasons(live).join('; ');
      tasks.forEach((task, index) => {
        const bar = (byTask[index] ??= bars.create(0, 0, { name: '', note: '' }));
        const failed = task.units_failed > 0 ? `, ${task.units_failed} failed` : '';
        const why = task.status === 'running' && reasons !== '' ? ` (${reasons})` : '';
        bar.setTotal(task.units_total ?? 0);
        bar.update(task.units_done + task.units_failed, {
          name: plainText(task.name).padEnd(width),
          note: plainText(`${task.status}${failed}${why}`),
        });
      });
    },
    note: (line) => bars.log(`${plainText(line)}\n`),
    stop: () => bars.stop(),
  };
};

/** Bars where stderr is a terminal that can be drawn anew, else lines. */
export const createProgressView = (io: Io): ProgressView =>
  isAnimated(io.stderr, io.env) ? barView(io) : lineView(io);
