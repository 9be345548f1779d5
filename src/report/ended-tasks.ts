/** The last counts of a run that has ended, from its result: to ask its workflow again it would have to be replayed. Pure. */
import type { TaskProgress } from '../wire/progress.js';
import { aliasOf } from '../wire/task-title.js';
import type { RunResult, TaskRunRecord } from '../wire/result.js';

const endedTask = (run: TaskRunRecord, position: number, before: TaskProgress | undefined): TaskProgress => {
  const { units } = run;
  const failed = units.filter(({ status }) => status === 'failed').length;
  return {
    position: before?.position ?? position,
    ...{ order: run.workflow_task_order, name: run.task_name, ...aliasOf(run) },
    status: run.status === 'submitted' ? 'running' : run.status,
    ...{ units_done: units.length - failed, units_failed: failed, units_total: units.length },
    ...{ batches_ended: before?.batches_total ?? 0, batches_total: before?.batches_total ?? null },
  };
};

/** @param before the tasks as they were seen last: those that the run has not come to are as they were. */
export const endedTasks = (
  before: readonly TaskProgress[],
  { task_runs: runs }: RunResult,
): TaskProgress[] => {
  const ended = runs.map((run, index) =>
    endedTask(
      run,
      index,
      before.find(({ order }) => order === run.workflow_task_order),
    ),
  );
  const others = before.filter(({ order }) => !ended.some((task) => task.order === order));
  return [...ended, ...others].sort((one, other) => one.position - other.position);
};
