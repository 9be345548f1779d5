import { describe, expect, it } from 'vitest';
import { addLiveCounts } from '../../src/client/progress.js';
import type { BatchHeartbeat, Progress, TaskProgress } from '../../src/wire/progress.js';

const task = (rest: Partial<TaskProgress>): TaskProgress => ({
  ...{ position: 0, order: 0, name: 't', status: 'running' },
  ...{ units_done: 10, units_failed: 1, units_total: 20, batches_ended: 1, batches_total: 3 },
  ...rest,
});

const progress = (tasks: TaskProgress[]): Progress => ({
  ...{ status: 'running', workflow_name: 'w', workflow_dir: '/w', backend: 'local', warnings: [] },
  tasks,
});

const pending = (position: number, done: number, failed: number) => {
  const batch: BatchHeartbeat = {
    ...{ key: 'k', position, batch: 0, state: 'running', reason: null, node: null, job_id: null },
    ...{ facts: {}, done, failed, total: 10 },
  };
  return { type: 'runBatch', attempt: 1, lastFailure: null, batch };
};

describe('addLiveCounts', () => {
  it('adds what pending batches of the task report', () => {
    const live = addLiveCounts(progress([task({}), task({ position: 1 })]), [
      pending(0, 3, 1),
      pending(0, 2, 0),
    ]);
    expect(live.tasks[0]).toMatchObject({ units_done: 15, units_failed: 2 });
    expect(live.tasks[1]).toMatchObject({ units_done: 10, units_failed: 1 });
  });

  it('never counts more than there are: a heartbeat may be older than the end of its batch', () => {
    const live = addLiveCounts(progress([task({ units_done: 19, units_failed: 0 })]), [pending(0, 9, 2)]);
    expect(live.tasks[0]).toMatchObject({ units_done: 18, units_failed: 2 });
  });

  it("does not count an init's unit, nor one whose batch has sent no heartbeat", () => {
    const init = task({ units_total: null, units_done: 0, units_failed: 0 });
    const silent = { type: 'runBatch', attempt: 2, lastFailure: 'worker lost', batch: null };
    expect(addLiveCounts(progress([init]), [pending(0, 1, 0), silent]).tasks[0]).toEqual(init);
  });
});
