import { describe, expect, it } from 'vitest';
import { settleRecovery } from '../../src/outcomes/settle-recovery.js';

describe('settleRecovery', () => {
  it('allows nothing that nobody gave; repeats after lost nodes are bounded, not permitted', () => {
    expect(settleRecovery({}, {}, {})).toEqual({
      rerun_interrupted: false,
      memory: { tries: 0, factor: 2, max: null },
      time: { tries: 0, factor: 2, max: null },
      infrastructure: { tries: 5, given: false },
      exit_codes: {},
      on_failure: 'fail',
      tasks: {},
    });
  });

  it("lays the request's keys over the worker's, and a task's over both, key by key", () => {
    const worker = { memory: { tries: 2, factor: 3, max: 64_000 }, exit_codes: { '75': { tries: 1 } } };
    const run = {
      memory: { factor: 1.5 },
      exit_codes: { '3': { tries: 2 } },
      on_failure: 'continue' as const,
    };
    const task = { memory: { max: null }, exit_codes: { '75': { tries: 0 } }, rerun_interrupted: true };
    const settled = settleRecovery(worker, run, { '1': task });
    expect(settled.memory).toEqual({ tries: 2, factor: 1.5, max: 64_000 });
    expect(settled.exit_codes).toEqual({ '75': { tries: 1 }, '3': { tries: 2 } });
    expect(settled.tasks['1']).toEqual({
      rerun_interrupted: true,
      memory: { tries: 2, factor: 1.5, max: null },
      time: { tries: 0, factor: 2, max: null },
      infrastructure: { tries: 5, given: false },
      exit_codes: { '75': { tries: 0 }, '3': { tries: 2 } },
      on_failure: 'continue',
    });
  });

  it.each([
    ['the worker', settleRecovery({ infrastructure: { tries: 5 } }, {}, {}), 5],
    [
      'the request',
      settleRecovery({ infrastructure: { tries: 5 } }, { infrastructure: { tries: 2 } }, {}),
      2,
    ],
  ])('takes tries after lost nodes that %s gave as given', (_, { infrastructure }, tries) => {
    expect(infrastructure).toEqual({ tries, given: true });
  });
});
