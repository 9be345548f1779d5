import { describe, expect, it } from 'vitest';
import { endedTasks } from '../../src/report/ended-tasks.js';
import type { TaskProgress } from '../../src/wire/progress.js';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';

const seen = (position: number, more: Partial<TaskProgress> = {}): TaskProgress => ({
  ...{ position, order: position + 10, name: `Task ${position}`, status: 'waiting' },
  ...{ units_done: 0, units_failed: 0, units_total: null, batches_ended: 0, batches_total: null },
  ...more,
});

const unit = (component: string, status: string): UnitRecord => ({ component, status }) as UnitRecord;

const result = (...runs: object[]): RunResult => ({ task_runs: runs }) as unknown as RunResult;

describe('the last counts of a run that has ended', () => {
  it('are those of its result; tasks that it has not come to are as they were', () => {
    const before = [seen(0, { status: 'running', units_total: 3, batches_total: 2 }), seen(1), seen(2)];
    const units = [unit('parallel', 'done'), unit('parallel', 'failed'), unit('parallel', 'done')];
    const ended = result({ workflow_task_order: 10, task_name: 'Task 0', status: 'failed', units });
    expect(endedTasks(before, ended)).toEqual([
      seen(0, {
        ...{ status: 'failed', units_done: 2, units_failed: 1, units_total: 3 },
        ...{ batches_ended: 2, batches_total: 2 },
      }),
      seen(1),
      seen(2),
    ]);
  });

  it('count a compound with its init', () => {
    const init = unit('init', 'failed');
    const compound = { workflow_task_order: 4, task_name: 'C', status: 'failed' };
    const of = (units: UnitRecord[]) => endedTasks([], result({ ...compound, units }))[0];
    expect(of([init])).toMatchObject({ units_done: 0, units_failed: 1, units_total: 1 });
    expect(of([unit('init', 'done'), unit('compute', 'done')])).toMatchObject({
      units_done: 2,
      units_total: 2,
    });
  });
});
