/** Row by row: docs/recovery.md, "What may repeat". */
import { describe, expect, it } from 'vitest';
import { permission, type RepeatCause } from '../../src/outcomes/repeat.js';
import { nextParts } from '../../src/outcomes/next-parts.js';
import type { BatchEvidence } from '../../src/outcomes/evidence.js';
import type { GivenRecovery } from '../../src/wire/recovery.js';
import { begunUnit, endedUnit, neverBegunUnit, policyWith, saidEnd, tryOf, verdictOn } from './evidence.js';

const ended = (n: number, cause: Parameters<typeof saidEnd>[0], rest = {}): Partial<BatchEvidence> => ({
  ...{ try: n, complete: false },
  end: saidEnd(cause, rest),
});

describe('what pays for another run', () => {
  it.each<[string, GivenRecovery, RepeatCause, Record<string, number>, string | null]>([
    ['nothing, by default', {}, 'memory', {}, null],
    ['nothing after a lost node, whose default is no consent', {}, 'infrastructure', {}, null],
    ['tries of memory', { memory: { tries: 2 } }, 'memory', { memory: 1 }, 'memory'],
    ['until they are used up', { memory: { tries: 2 } }, 'memory', { memory: 2 }, null],
    ['tries of time', { time: { tries: 1 } }, 'time', {}, 'time'],
    ['not those of another cause', { memory: { tries: 2 } }, 'time', {}, null],
    [
      'not what another cause has spent',
      { time: { tries: 1 } },
      'time',
      { memory: 9, infrastructure: 9 },
      'time',
    ],
    [
      'tries after lost nodes, once given',
      { infrastructure: { tries: 10 } },
      'infrastructure',
      { infrastructure: 9 },
      'infrastructure',
    ],
    [
      'and no more of them',
      { infrastructure: { tries: 10 } },
      'infrastructure',
      { infrastructure: 10 },
      null,
    ],
    ["a task's own code", { exit_codes: { '75': { tries: 3 } } }, 'exit 75', { 'exit 75': 2 }, 'exit 75'],
    ['each code for itself', { exit_codes: { '75': { tries: 3 } } }, 'exit 3', {}, null],
    ['rerun_interrupted, for any interruption', { rerun_interrupted: true }, 'interruption', {}, 'rerun'],
    ['five in all', { rerun_interrupted: true }, 'memory', { rerun: 5 }, null],
    ['never for an exit code', { rerun_interrupted: true }, 'exit 75', {}, null],
    [
      'the own tries of a cause bound it also then',
      { rerun_interrupted: true, time: { tries: 1 } },
      'time',
      { time: 1 },
      null,
    ],
    [
      'and leave the others to it',
      { rerun_interrupted: true, time: { tries: 1 } },
      'memory',
      { time: 1 },
      'rerun',
    ],
  ])('%s', (_, given, cause, spent, budget) => {
    expect(permission(cause, spent, policyWith(given)).budget).toBe(budget);
  });
});

describe('the next try', () => {
  it('has a part of their own for units that a limit stopped; their neighbours keep their size', () => {
    const policy = policyWith({ memory: { tries: 2 } });
    const first = tryOf(ended(1, 'out_of_memory'), endedUnit(0, 0), endedUnit(1, 137), neverBegunUnit(2));
    const verdict = verdictOn(policy, first);
    const parts = nextParts(verdict, policy).map(({ name, asks, units }) => [
      name,
      asks,
      units.map((u) => u.index),
    ]);
    expect(parts).toEqual([
      ['', { memory: 0, time: 0 }, [2]],
      ['m1', { memory: 1, time: 0 }, [1]],
    ]);
    const second = [tryOf({ try: 2 }, endedUnit(2, 0)), tryOf(ended(2, 'out_of_memory'), endedUnit(1, 137))];
    expect(nextParts(verdictOn(policy, first, second), policy).map(({ name }) => name)).toEqual(['m2']);
    const third = tryOf(ended(3, 'out_of_memory'), endedUnit(1, 137));
    const last = verdictOn(policy, first, second, third).units.get(1);
    expect([last?.status, last?.cause, last?.tries.map(({ n }) => n)]).toEqual([
      'failed',
      'out_of_memory',
      [1, 2, 3],
    ]);
  });

  it('runs a code that the task gave to say so, twice in vain, then well', () => {
    const policy = policyWith({ exit_codes: { '75': { tries: 3 } } });
    const tries = [75, 75, 0].map((status, n) => tryOf({ try: n + 1 }, endedUnit(0, status)));
    const unit = verdictOn(policy, ...tries).units.get(0);
    expect([unit?.status, unit?.spent, unit?.tries.map((t) => t.exit_code)]).toEqual([
      'done',
      { 'exit 75': 2 },
      [75, 75, 0],
    ]);
  });

  it('charges ten preemptions of what never began to nobody', () => {
    const policy = policyWith();
    const taken = Array.from({ length: 10 }, (_, n) =>
      tryOf(ended(n + 1, 'node', { schedulerState: 'PREEMPTED', preempted: true }), neverBegunUnit(0)),
    );
    const unit = verdictOn(policy, ...taken).units.get(0);
    expect([unit?.status, unit?.spent, unit?.barren]).toEqual(['again', {}, 0]);
  });

  it('charges ten preemptions of what had begun to infrastructure alone', () => {
    const policy = policyWith({ infrastructure: { tries: 10 }, memory: { tries: 1 } });
    const taken = Array.from({ length: 10 }, (_, n) =>
      tryOf(ended(n + 1, 'node', { preempted: true }), begunUnit(0)),
    );
    const after = verdictOn(policy, ...taken, tryOf(ended(11, 'out_of_memory'), endedUnit(0, 137)));
    expect([after.units.get(0)?.status, after.units.get(0)?.spent]).toEqual([
      'again',
      { infrastructure: 10, memory: 1 },
    ]);
  });

  it('takes a unit that a requeue of its job left behind for one that infrastructure interrupted', () => {
    const requeued = tryOf({ complete: true }, begunUnit(0), endedUnit(1, 0));
    expect(verdictOn(policyWith({ infrastructure: { tries: 1 } }), requeued).units.get(0)?.status).toBe(
      'again',
    );
    expect(verdictOn(policyWith({ memory: { tries: 1 } }), requeued).units.get(0)?.status).toBe('failed');
  });

  it('is none where somebody cancelled the job, whatever is allowed', () => {
    const policy = policyWith({ rerun_interrupted: true, exit_codes: { '75': { tries: 3 } } });
    const cancelled = tryOf(ended(1, 'cancelled'), endedUnit(0, 75), begunUnit(1), neverBegunUnit(2));
    expect(nextParts(verdictOn(policy, cancelled), policy)).toEqual([]);
  });
});
