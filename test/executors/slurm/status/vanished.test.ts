import { describe, expect, it } from 'vitest';
import {
  absentSince,
  judgeAbsence,
  vanishWindowMs,
  type AccountingWord,
  type ControllerWord,
} from '../../../../src/executors/slurm/status/vanished.js';

const judge = (absentMs: number, controller: ControllerWord, accounting: AccountingWord) =>
  judgeAbsence({ absentMs, windowMs: 1000, controller, accounting });

describe('judgeAbsence', () => {
  const state = (name: string, overdue = false): AccountingWord => ({ kind: 'state', state: name, overdue });

  it.each<[ControllerWord, AccountingWord]>([
    ['unknown_id', { kind: 'off' }],
    ['unknown_id', { kind: 'absent' }],
    ['other_job', { kind: 'absent' }],
    // A controller that crashed has forgotten it, and accounting never hears of its end.
    ['unknown_id', state('PENDING')],
    ['unknown_id', state('RUNNING', true)],
    ['unknown_id', state('NODE_FAIL')],
  ])('%s, %j: vanished once the window is over', (controller, accounting) => {
    expect(judge(999, controller, accounting)).toBe('wait');
    expect(judge(1000, controller, accounting)).toBe('vanished');
  });

  it('waits while accounting has it running within its time limit', () => {
    expect(judge(1e9, 'unknown_id', state('RUNNING'))).toBe('wait');
    expect(judge(1e9, 'unknown_id', state('SUSPENDED'))).toBe('wait');
  });

  it.each<[ControllerWord, AccountingWord]>([
    ['error', { kind: 'absent' }],
    ['ours', { kind: 'absent' }],
    ['unknown_id', { kind: 'error' }],
  ])('%s, %j: the window starts anew, however long it lasted', (controller, accounting) => {
    expect(judge(1e9, controller, accounting)).toBe('start_anew');
  });
});

it('counts absence only without a break', () => {
  const steps = [
    ['seen', 0],
    ['absent', 10],
    ['absent', 20],
    ['error', 30],
    ['absent', 40],
    ['absent', 50],
    ['seen', 60],
  ] as const;
  let since: number | null = null;
  const seen = steps.map(([observation, at]) => (since = absentSince(since, observation, at)));
  expect(seen).toEqual([null, 10, 10, null, 40, 40, null]);
});

describe('vanishWindowMs', () => {
  const defaults = { minimum: 300, margin: 60, slurmdTimeout: 300, killWait: 30 };
  it.each([
    [null, { slurmdTimeoutSeconds: 10, killWaitSeconds: 3 }, 300_000],
    [null, { slurmdTimeoutSeconds: 600, killWaitSeconds: 30 }, 690_000],
    [null, { slurmdTimeoutSeconds: null, killWaitSeconds: null }, 390_000],
    [5, { slurmdTimeoutSeconds: 600, killWaitSeconds: 30 }, 5000],
  ])('%j seconds configured, %j: %i ms', (configured, settings, expected) => {
    expect(vanishWindowMs(configured, settings, defaults)).toBe(expected);
  });
});
