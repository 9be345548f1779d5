import { describe, expect, it } from 'vitest';
import {
  classOfState,
  endCauseOf,
  nodeAtFault,
  parseExit,
  pendingReason,
  type EndFacts,
  type JobExit,
} from '../../../../src/executors/slurm/commands/states.js';
import { liveStatus } from '../../../../src/executors/slurm/status/status.js';

const facts = (state: string, more: Partial<EndFacts> = {}): EndFacts => ({
  ...{ state, exit: null, stderrTail: '', claimed: false },
  ...more,
});
const exit = (code: number, signal = 0): JobExit => ({ code, signal });

describe('classOfState', () => {
  it.each(
    'BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT'.split(
      ' ',
    ),
  )('%s ends a job', (state) => {
    expect(classOfState(state)).toBe('ended');
  });

  it.each(
    'COMPLETING CONFIGURING PENDING REQUEUED REQUEUE_FED REQUEUE_HOLD RESIZING RESV_DEL_HOLD RUNNING SIGNALING STAGE_OUT STOPPED SUSPENDED SPECIAL_EXIT'.split(
      ' ',
    ),
  )('%s does not', (state) => {
    expect(['pending', 'running']).toContain(classOfState(state));
  });

  it('knows a canceller, and what it has not heard of', () => {
    expect(classOfState('CANCELLED by 1000')).toBe('ended');
    expect(classOfState('CANCELLED+')).toBe('ended');
    expect(classOfState('HIBERNATING')).toBe('unheard');
    expect(classOfState('')).toBe('unheard');
  });
});

describe('endCauseOf', () => {
  it.each<[EndFacts, string]>([
    [facts('COMPLETED', { exit: exit(0) }), 'completed'],
    [facts('FAILED', { exit: exit(3) }), 'failed'],
    [facts('FAILED'), 'failed'],
    [facts('FAILED', { exit: exit(0, 9) }), 'signal'],
    [facts('FAILED', { exit: exit(0, 15) }), 'signal'],
    [facts('OUT_OF_MEMORY', { exit: exit(0, 125) }), 'out_of_memory'],
    [facts('TIMEOUT', { exit: exit(0) }), 'timeout'],
    [facts('DEADLINE', { exit: exit(1) }), 'timeout'],
    [facts('NODE_FAIL'), 'node'],
    [facts('BOOT_FAIL'), 'node'],
    [facts('PREEMPTED'), 'node'],
    [facts('REVOKED'), 'node'],
    [facts('CANCELLED by 1000'), 'cancelled'],
  ])('%j: %s', (end, cause) => {
    expect(endCauseOf(end)).toBe(cause);
  });

  it('finds a memory limit that no cgroup holds in what slurmstepd wrote', () => {
    const stderrTail =
      'slurmstepd: error: Job 1 exceeded memory limit\nslurmstepd: error: Exceeded job memory limit\n';
    expect(endCauseOf(facts('FAILED', { exit: exit(0, 9), stderrTail }))).toBe('out_of_memory');
    expect(endCauseOf(facts('CANCELLED', { stderrTail }))).toBe('out_of_memory');
    expect(endCauseOf(facts('FAILED', { exit: exit(3), stderrTail }))).toBe('failed');
  });

  it('takes a script that found its tombstone for cancelled', () => {
    expect(endCauseOf(facts('FAILED', { exit: exit(91), claimed: true }))).toBe('cancelled');
  });

  it('takes an exit that no running script has for a node that rebooted', () => {
    expect(endCauseOf(facts('FAILED', { exit: exit(1), claimed: true }))).toBe('node');
    expect(endCauseOf(facts('FAILED', { exit: exit(1), claimed: false }))).toBe('failed');
    expect(endCauseOf(facts('FAILED', { exit: exit(92), claimed: true }))).toBe('failed');
  });
});

it.each([
  ['0:0', exit(0)],
  ['3:0', exit(3)],
  ['0:125', exit(0, 125)],
  ['', null],
  ['3', null],
])('parseExit(%j)', (text, expected) => {
  expect(parseExit(text)).toEqual(expected);
});

it.each([
  ['NODE_FAIL', true],
  ['BOOT_FAIL', true],
  ['FAILED', true],
  ['PREEMPTED', false],
  ['REVOKED', false],
])('a node is at fault for %s: %s', (state, expected) => {
  expect(nodeAtFault('node', state)).toBe(expected);
  expect(nodeAtFault('failed', state)).toBe(false);
});

describe('pendingReason', () => {
  it('is one line of bounded length', () => {
    const nodes = Array.from({ length: 500 }, (_, at) => `n${at}`).join(',');
    const reason = pendingReason('PENDING', `ReqNodeNotAvail, UnavailableNodes:${nodes}`);
    expect(reason).toMatch(/^ReqNodeNotAvail, .*\.\.\.: a node that it needs/);
    expect(reason?.length).toBeLessThan(300);
    expect(pendingReason('PENDING', 'a\nb\u2028c')).toBe('a b c');
  });

  it.each([
    ['PENDING', 'Priority', /^Priority$/],
    ['PENDING', 'PartitionTimeLimit', /^PartitionTimeLimit: .*never start/],
    ['PENDING', 'PartitionConfig', /never start/],
    ['PENDING', 'JobHeldUser', /scontrol release/],
    ['PENDING', 'launch failed requeued held', /scontrol release/],
    ['PENDING', 'job requeued in held state', /scontrol release/],
    ['PENDING', 'ReqNodeNotAvail, UnavailableNodes:n1', /UnavailableNodes:n1: a node/],
    ['PENDING', 'DependencyNeverSatisfied', /never start/],
    ['REQUEUE_HOLD', 'None', /^REQUEUE_HOLD: .*scontrol release/],
    ['SPECIAL_EXIT', 'job requeued in held state', /^SPECIAL_EXIT, .*scontrol release/],
    ['CONFIGURING', 'None', /^CONFIGURING$/],
  ])('%s, %s', (state, reason, expected) => {
    expect(pendingReason(state, reason)).toMatch(expected);
  });

  it('is null where there is none', () => {
    expect(pendingReason('PENDING', 'None')).toBeNull();
    expect(pendingReason('PENDING', '')).toBeNull();
  });
});

describe('liveStatus', () => {
  const row = { jobId: '7', reason: 'None', node: 'n1', name: 'mine' };
  it('is three-valued', () => {
    expect(liveStatus({ ...row, state: 'RUNNING' }, 5)).toEqual({ state: 'running', node: 'n1', seenAt: 5 });
    expect(liveStatus({ ...row, state: 'COMPLETING', node: '' }, 5)).toMatchObject({
      state: 'running',
      node: null,
    });
    expect(liveStatus({ ...row, state: 'PENDING', reason: 'Resources' }, 5)).toEqual({
      seenAt: 5,
      state: 'pending',
      reason: 'Resources',
    });
    expect(liveStatus({ ...row, state: 'HIBERNATING' }, 5)).toEqual({
      state: 'unknown',
      reason: expect.stringContaining('HIBERNATING') as unknown,
    });
  });
});
