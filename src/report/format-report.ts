/** A run's report as text for people. */
import { plainText } from '../state/plain-text.js';
import type { FailedUnit, RunReport } from './run-report.js';
import { operatorLines } from './held.js';
import { shownState, stateCell, stateText, type Style } from './style.js';
import { type Column, formatTable } from './table.js';
import { durationText, localTime } from './times.js';
import { tryLines, unitEnd } from './try-lines.js';
import { waitingReasons } from './waiting-reasons.js';
import { FAILED_UNITS_SHOWN } from './tunables.js';
import { taskTitle } from '../wire/task-title.js';
import { wrapText } from './wrap.js';

const indent = (text: string): string => text.replaceAll(/^/gm, '    ');

const taskColumns: Column[] = [
  { head: 'order', right: true },
  { head: 'task', least: 12 },
  { head: 'state' },
  { head: 'units', right: true },
  { head: 'failed', right: true },
  { head: 'batches', right: true, optional: true },
];

/** A task that is not planned has no units yet: it waits. */
const share = (ended: number, total: number | null): string => (total === null ? '' : `${ended}/${total}`);

const tasksTable = (report: RunReport, style: Style): string[] => {
  const tasks = report.progress?.tasks ?? [];
  if (tasks.length === 0) return [];
  const rows = tasks.map((task) => [
    task.order,
    taskTitle(task),
    stateCell(task.status, style),
    share(task.units_done + task.units_failed, task.units_total),
    task.units_failed === 0 ? '' : task.units_failed,
    share(task.batches_ended, task.batches_total),
  ]);
  return ['', formatTable(taskColumns, rows, style), ''];
};

const pendingLines = (report: RunReport): string[] => {
  const jobs = report.pending.flatMap(({ batch }) => {
    if (batch === null) return [];
    const where = [batch.job_id === null ? null : `job ${batch.job_id}`, batch.node && `on ${batch.node}`];
    const which = batch.state === 'cancelling' ? '' : ` batch ${batch.batch}`;
    const what = `task ${batch.position}${which}: ${batch.state}`;
    return [[what, ...where, batch.reason].filter(Boolean).join(', ')];
  });
  const waiting = waitingReasons({ state: '', progress: null, pending: report.pending });
  return [...jobs, ...waiting].map((line) => `  ${line}`);
};

const failedLines = (units: readonly FailedUnit[]): string[] => {
  if (units.length === 0) return [];
  const shown = units
    .slice(0, FAILED_UNITS_SHOWN)
    .flatMap((unit) => [
      `  ${unit.label}: ${unitEnd(unit)}`,
      ...tryLines(unit).map((line) => `    ${line}`),
      `    log: ${unit.log_file}`,
      ...(unit.log_tail === null || unit.log_tail === '' ? [] : [indent(unit.log_tail)]),
    ]);
  const rest = units.length - FAILED_UNITS_SHOWN;
  return ['Failed units:', ...shown, ...(rest > 0 ? [`  and ${rest} more (fractal-temporal logs)`] : [])];
};

const durationOf = ({ started, closed }: RunReport): string | null =>
  started === null
    ? null
    : durationText(((closed === null ? Date.now() : Date.parse(closed)) - Date.parse(started)) / 1_000);

/** The report of `status`. */
export const formatReport = (report: RunReport, style: Style): string => {
  const { progress, result } = report;
  const state = shownState(report.state ?? result?.status ?? null, progress?.status ?? report.status);
  const time = (text: string | null): string | null => (text === null ? null : localTime(text));
  const facts: [string, string | null][] = [
    ['Run', plainText(report.workflow_id)],
    ['Workflow', plainText(report.progress?.workflow_name ?? '') || null],
    ['State', state === null ? null : stateText(state, style)],
    ['Started', time(report.started)],
    ['Ended', time(report.closed)],
    ['Duration', durationOf(report)],
    ['Directory', plainText(report.workflow_dir ?? '') || null],
    ['Note', plainText(report.note ?? '') || null],
    [
      'Error',
      report.result?.error ? plainText(`${report.result.error.type}: ${report.result.error.message}`) : null,
    ],
  ];
  const wrap = (line: string): string => wrapText(line, style.width);
  const pending = pendingLines(report);
  const after = [
    ...operatorLines(report.workflow_id, report.progress),
    ...report.no_worker,
    ...(report.state === 'running' && report.progress === null && report.no_worker.length === 0
      ? ['No worker answers for this run.']
      : []),
    ...(pending.length > 0 ? ['Pending:', ...pending] : []),
    ...(report.progress?.warnings ?? []).map((warning) => `Warning: ${warning}`),
    ...((report.units_with_warnings ?? 0) > 0
      ? [`Warnings: in the logs of ${report.units_with_warnings ?? 0} units (units --json has each)`]
      : []),
    ...failedLines(report.failed_units),
  ];
  return [
    ...facts.flatMap(([name, value]) => (value === null ? [] : [wrap(`${`${name}:`.padEnd(11)}${value}`)])),
    ...tasksTable(report, style),
    ...after.map((line) => wrap(plainText(line))),
  ]
    .join('\n')
    .trimEnd();
};
