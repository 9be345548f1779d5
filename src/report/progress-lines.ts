/** A run's tasks as lines that are drawn anew in place, each fitted to the terminal. Pure. */
import stringWidth from 'string-width';
import { plainText } from '../state/plain-text.js';
import type { TaskProgress } from '../wire/progress.js';
import { ellipsis, paint, type Style, stateCell } from './style.js';
import { clockText } from './times.js';
import { taskTitle } from '../wire/task-title.js';

export interface TaskPace {
  task: TaskProgress;
  /** Since the task was first seen at work; null where it was at work before, or is not yet. */
  seconds: number | null;
  /** Units a second; null where too little has been seen. */
  rate: number | null;
}

export interface ProgressPicture {
  tasks: readonly TaskPace[];
  /** Why batches wait. */
  reasons: readonly string[];
  /** Of the run, or since it has been watched. */
  elapsedSeconds: number;
}

const LEAST_NAME = 8;
const LEAST_BAR = 8;
const MOST_BAR = 24;
const MOST_REASONS = 3;

/** `text` in at most `width` columns. */
export const cutTo = (text: string, width: number, style: Style): string => {
  if (stringWidth(text) <= width) return text;
  const end = ellipsis(style);
  let cut = text;
  while (cut !== '' && stringWidth(cut) + end.length > width) cut = [...cut].slice(0, -1).join('');
  return width < end.length ? '' : cut + end;
};

const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** `2.5/s`; below one in two seconds `12/min`, which can be told from nothing. */
const rateText = (rate: number): string => {
  if (rate >= 10) return `${Math.round(rate)}/s`;
  if (rate >= 0.5) return `${rate.toFixed(1)}/s`;
  return rate * 60 >= 1 ? `${Math.round(rate * 60)}/min` : `${(rate * 3600).toFixed(0)}/h`;
};

const barText = (part: number, width: number, { unicode }: Style): string => {
  const full = Math.min(width, Math.floor(part * width));
  return (unicode ? '━' : '=').repeat(full) + (unicode ? '╌' : '.').repeat(width - full);
};

/** What stands beside the name, the most needed first; a task that is not planned waits, and has no 0/0. */
const factsOf = ({ task, seconds, rate }: TaskPace): string[] => {
  const { status, units_done: done, units_failed: failed, units_total: total } = task;
  const counts = total === null || status === 'waiting' ? [] : [`${done + failed}/${total}`];
  const isPlain = status === 'running' || status === 'done' || status === 'failed';
  return [
    ...(counts.length > 0 && isPlain ? counts : [[status, ...counts].join(' ')]),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(seconds === null ? [] : [clockText(seconds)]),
    ...(rate === null || status !== 'running' ? [] : [rateText(rate)]),
  ];
};

const taskLine = (pace: TaskPace, nameWidth: number, style: Style): string => {
  const { task } = pace;
  const { text, tone } = stateCell(task.status, style);
  const facts = factsOf(pace);
  // Never the last column: some terminals begin a new line when it is written.
  const room = style.width - 1 - 2;
  while (facts.length > 1 && LEAST_NAME + 2 + facts.join('  ').length > room) facts.pop();
  const told = facts.join('  ');
  const nameRoom = Math.max(0, Math.min(nameWidth, room - 2 - told.length));
  const name = padTo(cutTo(plainText(taskTitle(task)).replaceAll('\n', ' '), nameRoom, style), nameRoom);
  const rest = room - nameRoom - 2 - told.length - 2;
  const total = task.units_total ?? 0;
  const bar =
    task.status === 'running' && total > 0 && rest >= LEAST_BAR
      ? `${barText((task.units_done + task.units_failed) / total, Math.min(rest, MOST_BAR), style)}  `
      : '';
  const shown = cutTo(told, room - 2, style);
  return `${paint(style, tone, text.slice(0, 1))} ${name}  ${bar}${task.units_failed > 0 ? paint(style, 'bad', shown) : shown}`;
};

/** Tasks that there is no room for: those that are over first, then those that wait. */
const chosen = (tasks: readonly TaskPace[], rows: number): { shown: TaskPace[]; left: string | null } => {
  if (tasks.length <= rows) return { shown: [...tasks], left: null };
  const isBusy = ({ task }: TaskPace): boolean => task.status !== 'done' && task.status !== 'waiting';
  const at = Math.max(0, tasks.findIndex(isBusy));
  const first = Math.min(Math.max(0, at - 1), tasks.length - rows + 1);
  const shown = tasks.slice(first, first + rows - 1);
  const done = tasks.filter(({ task }) => task.status === 'done').length;
  return { shown, left: `  ${shown.length} of ${tasks.length} tasks shown, ${done} done` };
};

/**
 * @param rows lines that the terminal has room for.
 * @returns lines of at most `style.width - 1` columns.
 */
export const progressLines = (picture: ProgressPicture, style: Style, rows: number): string[] => {
  const { tasks, reasons, elapsedSeconds } = picture;
  const width = style.width - 1;
  const told = reasons.slice(0, MOST_REASONS).map((reason) => `  ${plainText(reason).replaceAll('\n', ' ')}`);
  const more = reasons.length > MOST_REASONS ? [`  and ${reasons.length - MOST_REASONS} more reasons`] : [];
  const { shown, left } = chosen(tasks, Math.max(2, rows - told.length - more.length - 2));
  const names = Math.max(0, ...shown.map(({ task }) => stringWidth(plainText(taskTitle(task)))));
  return [
    ...shown.map((pace) => taskLine(pace, names, style)),
    ...[...(left === null ? [] : [left]), ...told, ...more, `  ${clockText(elapsedSeconds)} elapsed`].map(
      (line) => cutTo(line, width, style),
    ),
  ];
};
