/** How a scheduler's commands answer (docs/metrics.md). */
import type { MetricMeter } from '@temporalio/common';
import type { CommandCall } from '../executors/slurm/commands/observed.js';

const COMMANDS = ['sbatch', 'squeue', 'sacct', 'scontrol', 'scancel', 'sinfo'];
const REASONS: readonly NonNullable<CommandCall['failure']>[] = [
  'status',
  'timeout',
  'signal',
  'not_started',
];

/** Records each call of one of SLURM's commands. */
export const createSchedulerMetrics = (meter: MetricMeter): ((call: CommandCall) => void) => {
  const latency = meter.createHistogram(
    'fractal_scheduler_call_seconds',
    'float',
    '',
    "Calls of the scheduler's commands, by how long they took",
  );
  const failures = meter.createCounter(
    'fractal_scheduler_call_failures',
    '',
    "Calls of the scheduler's commands that gave no answer",
  );
  for (const command of COMMANDS) for (const reason of REASONS) failures.add(0, { command, reason });
  return ({ command, seconds, failure }) => {
    latency.record(seconds, { command });
    if (failure !== null) failures.add(1, { command, reason: failure });
  };
};
