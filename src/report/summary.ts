/** The end of a run in a few lines: what `run` says on a terminal. */
import { plainText } from '../state/plain-text.js';
import type { RunResult, TaskRunRecord } from '../wire/result.js';
import { countOf } from './count.js';
import { stateCell, stateText, type Style } from './style.js';
import { type Cell, type Column, formatTable } from './table.js';
import { durationText } from './times.js';
import { aliasOf, taskTitle } from '../wire/task-title.js';
import { wrapText } from './wrap.js';

const columns: Column[] = [
  { head: 'task', least: 12 },
  { head: 'state' },
  { head: 'units', right: true },
  { head: 'failed', right: true },
  { head: 'new images', right: true, optional: true },
  { head: 'duration', right: true, optional: true },
];

const titleOf = ({ task_name: name, ...task }: TaskRunRecord): string =>
  taskTitle({ name, ...aliasOf(task) });

const secondsBetween = (started: string, ended: string | null): number | null =>
  ended === null ? null : (Date.parse(ended) - Date.parse(started)) / 1_000;

/** From the begin of the first task to the end of the last; null where no task has ended. */
const secondsOf = ({ task_runs: tasks }: RunResult): number | null => {
  const [first] = tasks;
  const ends = tasks.flatMap(({ ended }) => ended ?? []).sort();
  return first === undefined ? null : secondsBetween(first.started, ends.at(-1) ?? null);
};

/** @param path of the result. */
export const formatSummary = (result: RunResult, path: string, style: Style): string => {
  const rows = result.task_runs.map((task): Cell[] => {
    const failed = task.units.filter(({ status }) => status === 'failed').length;
    const seconds = secondsBetween(task.started, task.ended);
    return [
      `${task.workflow_task_order} ${titleOf(task)}`,
      stateCell(task.status, style),
      task.num_tasks,
      failed === 0 ? '' : failed,
      task.num_new_images === 0 ? '' : task.num_new_images,
      seconds === null ? '' : durationText(seconds),
    ];
  });
  const seconds = secondsOf(result);
  const units = result.task_runs.reduce((sum, task) => sum + task.num_tasks, 0);
  const counts = [
    countOf(result.task_runs.length, 'task'),
    countOf(units, 'unit'),
    countOf(result.images.length, 'image'),
    ...(seconds === null ? [] : [durationText(seconds)]),
  ];
  const warned = result.task_runs.filter(({ units_with_warnings: count = 0 }) => count > 0);
  return [
    ...(rows.length === 0 ? [] : [formatTable(columns, rows, style), '']),
    `${stateText(result.status, style)}: ${counts.join(', ')}`,
    ...warned.map((task) =>
      wrapText(
        plainText(
          `Warnings: in the logs of ${task.units_with_warnings ?? 0} of ${task.num_tasks} units of task ${task.workflow_task_order} "${titleOf(task)}"`,
        ),
        style.width,
      ),
    ),
    `Result: ${plainText(path)}`,
  ].join('\n');
};
