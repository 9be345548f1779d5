/** A run's report as text for people. */
import Table from 'cli-table3';
import type { FailedUnit, RunReport } from './run-report.js';
import { operatorLines } from './held.js';
import { waitingReasons } from './waiting-reasons.js';
import { FAILED_UNITS_SHOWN } from './tunables.js';

const indent = (text: string): string => text.replaceAll(/^/gm, '    ');

const plain = { head: [], border: [] };
/** A line per row only: no rules between them. */
const chars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A table without colours, so that it reads the same in a terminal and in a file. */
export const formatTable = (head: string[], rows: (string | number)[][]): string => {
  const table = new Table({ head, style: plain, chars });
  table.push(...rows);
  return table.toString();
};

const tasksTable = (report: RunReport): string[] => {
  const tasks = report.progress?.tasks ?? [];
  if (tasks.length === 0) return [];
  const rows = tasks.map((task) => [
    task.order,
    task.name,
    task.status,
    `${task.units_done}/${task.units_total ?? '?'}`,
    task.units_failed,
    `${task.batches_ended}/${task.batches_total ?? '?'}`,
  ]);
  return [formatTable(['order', 'task', 'status', 'units done', 'failed', 'batches ended'], rows)];
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

/** How a unit ended, in a few words. */
export const unitEnd = ({ cause, exit_code: exit, signal }: FailedUnit): string =>
  [cause, exit === null ? null : `exit code ${exit}`, signal === null ? null : `signal ${signal}`]
    .filter(Boolean)
    .join(', ');

const failedLines = (units: readonly FailedUnit[]): string[] => {
  if (units.length === 0) return [];
  const shown = units
    .slice(0, FAILED_UNITS_SHOWN)
    .flatMap((unit) => [
      `  ${unit.label}: ${unitEnd(unit)}`,
      `    log: ${unit.log_file}`,
      ...(unit.log_tail === null || unit.log_tail === '' ? [] : [indent(unit.log_tail)]),
    ]);
  const rest = units.length - FAILED_UNITS_SHOWN;
  return ['Failed units:', ...shown, ...(rest > 0 ? [`  and ${rest} more (fractal-temporal logs)`] : [])];
};

/** Temporal's word, and where the run stands by its own where that says more. */
const stateOf = ({ state, progress, result }: RunReport): string | null => {
  const own = progress?.status ?? null;
  if (state === 'running' && own !== null && own !== 'running') return `${state} (${own})`;
  return state ?? result?.status ?? null;
};

/** The report of `status`. */
export const formatReport = (report: RunReport): string => {
  const facts: [string, string | null][] = [
    ['Run', report.workflow_id],
    ['State', stateOf(report)],
    ['Started', report.started],
    ['Ended', report.closed],
    ['Directory', report.workflow_dir],
    ['Note', report.note],
    ['Error', report.result?.error ? `${report.result.error.type}: ${report.result.error.message}` : null],
  ];
  const pending = pendingLines(report);
  return [
    ...facts.flatMap(([name, value]) => (value === null ? [] : [`${`${name}:`.padEnd(11)}${value}`])),
    ...tasksTable(report),
    ...operatorLines(report.workflow_id, report.progress),
    ...report.no_worker,
    ...(report.state === 'running' && report.progress === null && report.no_worker.length === 0
      ? ['No worker answers for this run.']
      : []),
    ...(pending.length > 0 ? ['Pending:', ...pending] : []),
    ...(report.progress?.warnings ?? []).map((warning) => `Warning: ${warning}`),
    ...failedLines(report.failed_units),
  ].join('\n');
};
