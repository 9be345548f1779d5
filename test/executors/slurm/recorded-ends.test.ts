import { expect, it } from 'vitest';
import { parseSacct } from '../../../src/executors/slurm/commands/sacct.js';
import { classOfState, endCauseOf } from '../../../src/executors/slurm/commands/states.js';
import { slurmFixture } from '../../slurm/fixtures.js';

it.each([
  ['sacct-completed', 'COMPLETED', 'completed'],
  ['sacct-failed', 'FAILED', 'failed'],
  ['sacct-signal', 'FAILED', 'signal'],
  ['sacct-killed', 'FAILED', 'signal'],
  ['sacct-out-of-memory', 'OUT_OF_MEMORY', 'out_of_memory'],
  ['sacct-timeout', 'TIMEOUT', 'timeout'],
  ['sacct-deadline', 'DEADLINE', 'timeout'],
  ['sacct-cancelled', 'CANCELLED by 1001', 'cancelled'],
  ['sacct-cancelled-pending', 'CANCELLED by 1001', 'cancelled'],
  ['sacct-preempted', 'PREEMPTED', 'node'],
  ['sacct-node-fail', 'NODE_FAIL', 'node'],
  ['manual-sacct-boot-fail', 'BOOT_FAIL', 'node'],
])('%s: %s is %s', (fixture, state, cause) => {
  const [job, ...others] = parseSacct(slurmFixture(fixture).stdout).values();
  expect(others).toEqual([]);
  expect(job?.state).toBe(state);
  expect(classOfState(state)).toBe('ended');
  expect(endCauseOf({ state, exit: job?.exit ?? null, stderrTail: '', claimed: false })).toBe(cause);
});

// A moment after its start a job is still PENDING there, and after a requeue it is not over.
it.each(['sacct-running', 'sacct-requeue-hold', 'sacct-special-exit', 'sacct-suspended'])(
  '%s has not ended',
  (fixture) => {
    const [job] = parseSacct(slurmFixture(fixture).stdout).values();
    expect(classOfState(job?.state ?? '')).not.toBe('ended');
  },
);
