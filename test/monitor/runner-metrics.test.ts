import type { MetricMeter, MetricTags } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createRunnerMetrics } from '../../src/monitor/runner-metrics.js';
import { createSchedulerMetrics } from '../../src/monitor/scheduler-metrics.js';
import type { Outcome } from '../../src/outcomes/unit-outcome.js';

/** A meter whose values can be read: counters add up, gauges keep the last one, histograms keep all. */
const readableMeter = () => {
  const values = new Map<string, number[]>();
  const write =
    (name: string, how: (all: number[], value: number) => number[]) =>
    (value: number, tags: MetricTags = {}): void => {
      const key = `${name} ${Object.entries(tags)
        .map(([tag, of]) => `${tag}=${String(of)}`)
        .join(' ')}`.trim();
      values.set(key, how(values.get(key) ?? [], value));
    };
  const meter = {
    createCounter: (name: string) => ({ add: write(name, ([sum = 0], value) => [sum + value]) }),
    createGauge: (name: string) => ({ set: write(name, (_, value) => [value]) }),
    createHistogram: (name: string) => ({ record: write(name, (all, value) => [...all, value]) }),
  } as unknown as MetricMeter;
  return { meter, of: (key: string) => values.get(key) };
};

const outcome = (units: { status: string; cause: string | null }[], cause: string | null): Outcome =>
  ({ header: { cause }, units }) as unknown as Outcome;

describe('metrics of the runner', () => {
  it('begin at zero, so that the first failure shows as a rise', () => {
    const { meter, of } = readableMeter();
    createRunnerMetrics(meter, 'local');
    expect(of('fractal_batches backend=local state=running')).toEqual([0]);
    expect(of('fractal_units backend=local outcome=failed cause=out_of_memory')).toEqual([0]);
    expect(of('fractal_batches_ended backend=local cause=none')).toEqual([0]);
    expect(of('fractal_batches_adopted backend=local')).toEqual([0]);
  });

  it('count each batch in the one state that it is in', () => {
    const { meter, of } = readableMeter();
    const metrics = createRunnerMetrics(meter, 'slurm');
    const count = (state: string) => of(`fractal_batches backend=slurm state=${state}`)?.[0];
    const [a, b] = [metrics.countBatch(), metrics.countBatch()];
    a.state('pending');
    a.state('pending');
    b.state('pending');
    expect([count('pending'), count('running')]).toEqual([2, 0]);
    a.state('running');
    expect([count('pending'), count('running')]).toEqual([1, 1]);
    a.leave();
    a.leave();
    b.leave();
    expect([count('pending'), count('running')]).toEqual([0, 0]);
  });

  it('count units by outcome and cause, and the batch by its own', () => {
    const { meter, of } = readableMeter();
    const metrics = createRunnerMetrics(meter, 'slurm');
    const done = { status: 'done', cause: null };
    const failed = { status: 'failed', cause: 'out_of_memory' };
    metrics.ended(
      outcome([done, done, failed, { status: 'again', cause: 'never_started' }], 'out_of_memory'),
    );
    metrics.ended(outcome([done], null));
    expect(of('fractal_units backend=slurm outcome=done cause=none')).toEqual([3]);
    expect(of('fractal_units backend=slurm outcome=failed cause=out_of_memory')).toEqual([1]);
    expect(of('fractal_units backend=slurm outcome=again cause=never_started')).toEqual([1]);
    expect(of('fractal_batches_ended backend=slurm cause=out_of_memory')).toEqual([1]);
    expect(of('fractal_batches_ended backend=slurm cause=none')).toEqual([1]);
  });

  it('tell how long each command took and which gave no answer', () => {
    const { meter, of } = readableMeter();
    const report = createSchedulerMetrics(meter);
    report({ command: 'squeue', seconds: 0.5, failure: null });
    report({ command: 'squeue', seconds: 60, failure: 'timeout' });
    expect(of('fractal_scheduler_call_seconds command=squeue')).toEqual([0.5, 60]);
    expect(of('fractal_scheduler_call_failures command=squeue reason=timeout')).toEqual([1]);
    expect(of('fractal_scheduler_call_failures command=sacct reason=status')).toEqual([0]);
  });
});
