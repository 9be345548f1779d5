/** What a run shows of itself: the query `progress`. Pure. */
import type { HeldProgress, Progress, TaskProgress } from '../wire/progress.js';
import type { RunState, TaskState } from './state.js';
import { aliasOf } from '../wire/task-title.js';

export type Phase = 'opening' | 'planning' | 'running' | 'applying' | 'waiting' | 'held' | 'closing';

/** A compound's compute units are shown with the init before them, as they are counted when the task has ended. */
const withInit = (shown: Partial<TaskProgress>): Partial<TaskProgress> => ({
  ...shown,
  units_done: (shown.units_done ?? 0) + 1,
  units_total: (shown.units_total ?? 0) + 1,
});

/** A retry counts what was done before it as done, and its own units as what is left. */
const ofStage = (task: TaskState, phase: Phase): Partial<TaskProgress> => {
  const last = task.stages.at(-1);
  const { applied } = task;
  const before = applied?.hold ?? null;
  const counts = {
    units_done: last?.units_done ?? 0,
    units_failed: last?.units_failed ?? 0,
    units_total: last?.plan.units ?? null,
    batches_ended: last?.batches_ended ?? 0,
    batches_total: last?.plan.batches ?? null,
  };
  const status = phase === 'planning' || phase === 'applying' ? phase : 'running';
  if (before === null || last?.stage !== before.stage) return { status, ...counts };
  const done = before.done + (task.held ? 0 : counts.units_done);
  const failed = task.held
    ? before.total - before.done
    : before.total - done - last.plan.units + counts.units_done + counts.units_failed;
  return {
    ...counts,
    status: task.held ? 'held' : status,
    units_done: done,
    units_failed: failed,
    units_total: before.total,
  };
};

const underWay = (task: TaskState, phase: Phase): Partial<TaskProgress> => {
  const shown = ofStage(task, phase);
  return task.stages.at(-1)?.stage === 'compute' ? withInit(shown) : shown;
};

const ends: readonly Progress['status'][] = ['done', 'failed', 'cancelled'];

const taskProgress = (run: RunState, phase: Phase, status: Progress['status']): TaskProgress[] =>
  run.opened.tasks.map((task, index) => {
    const totals = run.totals[index];
    const base: TaskProgress = {
      ...{ position: task.position, order: task.order, name: task.name, ...aliasOf(task), status: 'waiting' },
      ...{ units_done: 0, units_failed: 0, units_total: null, batches_ended: 0, batches_total: null },
    };
    if (totals !== undefined) {
      const { status, done, failed, total, batches } = totals;
      const units = { units_done: done, units_failed: failed, units_total: total };
      return { ...base, status, ...units, batches_ended: batches, batches_total: batches };
    }
    if (index !== run.next || ends.includes(status)) return base;
    if (run.task === null || (phase === 'waiting' && run.task.stages.length === 0))
      return phase === 'waiting' ? base : { ...base, status: 'planning' };
    return { ...base, ...underWay(run.task, phase) };
  });

const heldProgress = (run: RunState): HeldProgress | null => {
  const task = run.opened.tasks[run.next];
  const state = run.task;
  if (task === undefined || !state?.held || state.held.open === 0) return null;
  const { stage: _, shown, ...counts } = state.held;
  return {
    ...{ position: task.position, order: task.order, name: task.name, ...aliasOf(task) },
    ...counts,
    given_up: state.given_up?.units ?? 0,
    error: state.applied?.failure?.message ?? null,
    units: shown,
  };
};

export const progressOf = (run: RunState | null, phase: Phase, status: Progress['status']): Progress => ({
  status,
  workflow_name: run?.opened.workflow_name ?? null,
  workflow_dir: run?.opened.run.dir ?? null,
  backend: run?.opened.backend ?? null,
  tasks: run === null ? [] : taskProgress(run, phase, status),
  held: run === null || status !== 'held' ? null : heldProgress(run),
  warnings: run?.warnings ?? [],
});
