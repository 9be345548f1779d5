/**
 * The runner's own metrics (docs/metrics.md), made with the SDK's meter, so that they leave the process by whatever
 * exporter its Runtime has; with none they cost next to nothing.
 *
 * No label holds a run, a task or a path of a request: their number is bounded by the program, not by its use.
 */
import type { MetricMeter } from '@temporalio/common';
import { END_CAUSES } from '../batch/end-causes.js';
import type { Outcome } from '../outcomes/unit-outcome.js';
import type { BatchHeartbeat } from '../wire/progress.js';
import { unitCauses } from '../wire/result.js';

type BatchState = BatchHeartbeat['state'];

/** One batch that an attempt is about. */
export interface CountedBatch {
  state(state: BatchState): void;
  /** The attempt is over: it counts no more. */
  leave(): void;
}

export interface RunnerMetrics {
  countBatch(): CountedBatch;
  /** A batch that an earlier attempt had submitted was found. */
  adopted(): void;
  queueWait(seconds: number): void;
  /** A try was judged whose evidence this worker has gathered. */
  ended(outcome: Outcome): void;
  /** Bytes and inodes that this user may still take on a file system that holds run folders. */
  free(mount: string, bytes: number, inodes: number): void;
}

const STATES: readonly BatchState[] = ['submitting', 'pending', 'running', 'unknown', 'collecting'];

/** Where a label must hold something. */
const NONE = 'none';

/** Metrics of one backend. */
export const createRunnerMetrics = (meter: MetricMeter, backend: string): RunnerMetrics => {
  const of = { backend };
  const units = meter.createCounter('fractal_units', '', 'Units whose end was seen, by what became of them');
  const batches = meter.createGauge(
    'fractal_batches',
    'int',
    '',
    'Batches that this worker watches, by state',
  );
  const ended = meter.createCounter(
    'fractal_batches_ended',
    '',
    'Tries of batches that have ended, by cause',
  );
  const adopted = meter.createCounter(
    'fractal_batches_adopted',
    '',
    'Batches found that were submitted before',
  );
  const wait = meter.createHistogram(
    'fractal_batch_queue_wait_seconds',
    'float',
    '',
    'Submission of a batch to the start of its script',
  );
  const freeBytes = meter.createGauge('fractal_run_folder_free_bytes', 'float', '', 'Left where runs are');
  const freeInodes = meter.createGauge('fractal_run_folder_free_inodes', 'float', '', 'Left where runs are');
  const counts = new Map<BatchState, number>();
  const change = (state: BatchState, by: number): void => {
    const count = (counts.get(state) ?? 0) + by;
    counts.set(state, count);
    batches.set(count, { ...of, state });
  };
  // What has not happened yet is 0, not absent: otherwise no rate shows the first time.
  for (const state of STATES) change(state, 0);
  units.add(0, { ...of, outcome: 'done', cause: NONE });
  for (const cause of unitCauses) units.add(0, { ...of, outcome: 'failed', cause });
  for (const cause of [NONE, ...END_CAUSES]) ended.add(0, { ...of, cause });
  adopted.add(0, of);
  return {
    countBatch: () => {
      let current: BatchState | null = null;
      const move = (next: BatchState | null): void => {
        if (next === current) return;
        if (current !== null) change(current, -1);
        if (next !== null) change(next, 1);
        current = next;
      };
      return {
        state: move,
        leave: () => {
          move(null);
        },
      };
    },
    adopted: () => {
      adopted.add(1, of);
    },
    queueWait: (seconds) => {
      wait.record(seconds, of);
    },
    ended: (outcome) => {
      ended.add(1, { ...of, cause: outcome.header.cause ?? NONE });
      for (const { status, cause } of outcome.units)
        units.add(1, { ...of, outcome: status, cause: cause ?? NONE });
    },
    free: (mount, bytes, inodes) => {
      freeBytes.set(bytes, { mount });
      freeInodes.set(inodes, { mount });
    },
  };
};
