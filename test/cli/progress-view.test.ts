import { describe, expect, it } from 'vitest';
import { createProgressView } from '../../src/cli/progress-view.js';
import { waitingReasons } from '../../src/report/waiting-reasons.js';
import type { Io } from '../../src/cli/io.js';
import type { LiveProgress } from '../../src/client/index.js';
import type { BatchHeartbeat, TaskProgress } from '../../src/wire/progress.js';

const task = (rest: Partial<TaskProgress>): TaskProgress => ({
  ...{ position: 0, order: 0, name: 'Segment', status: 'running' },
  ...{ units_done: 0, units_failed: 0, units_total: 100, batches_ended: 0, batches_total: 1 },
  ...rest,
});

const live = (tasks: TaskProgress[], pending: LiveProgress['pending'] = []): LiveProgress => ({
  state: 'RUNNING',
  progress: {
    status: 'running',
    workflow_name: 'w',
    workflow_dir: '/w',
    backend: 'slurm',
    tasks,
    warnings: [],
  },
  pending,
});

const waiting = (state: BatchHeartbeat['state'], reason: string | null): LiveProgress['pending'][number] => ({
  ...{ type: 'runBatch', attempt: 1, lastFailure: null },
  batch: {
    ...{ key: 'k', position: 0, batch: 0, state, reason, node: null, job_id: '7' },
    ...{ facts: {}, done: 0, failed: 0, total: 1 },
  },
});

const lines = (updates: LiveProgress[]): string[] => {
  let written = '';
  const stderr = { isTTY: false, write: (text: string) => (written += text) };
  const view = createProgressView({ stderr } as unknown as Io);
  for (const update of updates) view.update(update);
  return written.split('\n').slice(0, -1);
};

describe('progress where stderr is no terminal', () => {
  it('is one line per change, none for what has not begun', () => {
    const second = task({ position: 1, name: 'Measure', status: 'waiting', units_total: null });
    const updates = [task({}), task({}), task({ units_done: 4 }), task({ units_done: 10 })].map((first) =>
      live([first, second]),
    );
    updates.push(live([task({ units_done: 100, status: 'done' }), { ...second, status: 'planning' }]));
    expect(lines(updates)).toEqual([
      'task 1/2 Segment: running 0/100',
      'task 1/2 Segment: running 10/100',
      'task 1/2 Segment: done 100/100',
      'task 2/2 Measure: planning',
    ]);
  });

  it('says at once when units begin to fail', () => {
    const updates = [task({ units_done: 3 }), task({ units_done: 3, units_failed: 1 })].map((one) =>
      live([one]),
    );
    expect(lines(updates)).toEqual([
      'task 1/1 Segment: running 3/100',
      'task 1/1 Segment: running 4/100, 1 failed',
    ]);
  });

  it('says once why batches wait', () => {
    const pending = [
      waiting('pending', 'QOSMaxJobsPerUserLimit'),
      waiting('pending', 'QOSMaxJobsPerUserLimit'),
    ];
    expect(lines([live([], pending), live([], pending)])).toEqual([
      'batches pending: QOSMaxJobsPerUserLimit',
    ]);
  });
});

describe('waitingReasons', () => {
  it('running batches have none; an activity between two attempts has its last failure', () => {
    const retried = { type: 'planTask', attempt: 3, lastFailure: 'disk full', batch: null };
    expect(waitingReasons(live([], [waiting('running', 'x'), waiting('pending', null), retried]))).toEqual([
      'planTask: disk full',
    ]);
  });
});
