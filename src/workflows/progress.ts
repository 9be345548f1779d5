/** What a run shows of itself: the query `progress`, and the Markdown of the Web UI's current details. Pure. */
import type { Progress, TaskProgress } from '../wire/progress.js';
import type { RunState, TaskState } from './state.js';

export type Phase = 'opening' | 'planning' | 'running' | 'applying' | 'closing';

const underWay = (task: TaskState, phase: Phase): Partial<TaskProgress> => {
  const last = task.stages.at(-1);
  return {
    status: phase === 'planning' || phase === 'applying' ? phase : 'running',
    units_done: last?.units_done ?? 0,
    units_failed: last?.units_failed ?? 0,
    units_total: last?.plan.units ?? null,
    batches_ended: last?.batches_ended ?? 0,
    batches_total: last?.plan.batches ?? null,
  };
};

const isOver = (status: Progress['status']): boolean => status !== 'running' && status !== 'cancelling';

export const taskProgress = (run: RunState, phase: Phase, status: Progress['status']): TaskProgress[] =>
  run.opened.tasks.map((task, index) => {
    const totals = run.totals[index];
    const base: TaskProgress = {
      ...{ position: task.position, order: task.order, name: task.name, status: 'waiting' },
      ...{ units_done: 0, units_failed: 0, units_total: null, batches_ended: 0, batches_total: null },
    };
    if (totals !== undefined) {
      const { status, done, failed, total, batches } = totals;
      const units = { units_done: done, units_failed: failed, units_total: total };
      return { ...base, status, ...units, batches_ended: batches, batches_total: batches };
    }
    if (index !== run.next || isOver(status)) return base;
    return run.task === null ? { ...base, status: 'planning' } : { ...base, ...underWay(run.task, phase) };
  });

export const progressOf = (run: RunState | null, phase: Phase, status: Progress['status']): Progress => ({
  status,
  workflow_name: run?.opened.workflow_name ?? null,
  workflow_dir: run?.opened.run.dir ?? null,
  backend: run?.opened.backend ?? null,
  tasks: run === null ? [] : taskProgress(run, phase, status),
  warnings: run?.warnings ?? [],
});

/** Text of a request inside a Markdown table: nothing of it may end the cell or start markup. */
const cell = (text: string): string => text.replace(/[\\`*_{}[\]<>()#+!|~]/g, '\\$&').replace(/\s+/g, ' ');

/** Before the run is opened: all that is known is who has to do it. A queue that nobody polls leaves it at this. */
export const openingMarkdown = (taskQueue: string): string =>
  `Waiting to be opened by a worker on the task queue **${cell(taskQueue)}**. If this stays, no worker polls ` +
  'that queue: start one, or look whether `backend` or `activity_task_queue` of the request is misspelt.';

/** "Task k of n" and a table of all tasks; units are those of ended batches. */
export const detailsMarkdown = (progress: Progress): string => {
  const total = progress.tasks.length;
  const current = progress.tasks.findIndex((task) => task.status !== 'done');
  const at = current === -1 ? total : current + 1;
  const rows = progress.tasks.map(
    (task) =>
      `| ${task.order} | ${cell(task.name)} | ${task.status} | ${task.units_done} | ${task.units_failed} | ${task.units_total ?? '?'} |`,
  );
  return [
    `**${cell(progress.workflow_name ?? '')}**: ${progress.status}, task ${at} of ${total}`,
    '',
    '| order | task | status | units done | failed | total |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    `Backend ${cell(progress.backend ?? '')}, files in ${cell(progress.workflow_dir ?? '')}`,
    ...progress.warnings.map((warning) => `\n**${cell(warning)}**`),
  ].join('\n');
};
