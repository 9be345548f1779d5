import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Batch, Handle } from '../../../../src/batch/contract.js';
import type { AccountAnswer } from '../../../../src/executors/slurm/commands/accounting.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { lookForLost } from '../../../../src/executors/slurm/status/lost.js';
import { unknownSettings } from '../../../../src/executors/slurm/commands/settings.js';
import type { Scheduler } from '../../../../src/executors/slurm/jobs/scheduler.js';
import { newWatch, type Watch } from '../../../../src/executors/slurm/status/watch.js';
import { configText } from '../config-text.js';
import { fakeBatch, FakeCluster } from '../fake-cluster.js';

const handle: Handle = { jobId: '1', facts: {} };
const unasked = () => Promise.reject(new Error('not asked here'));

let batch: Batch;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ batch, remove } = await fakeBatch());
});
afterEach(() => remove());

/** A scheduler that knows nothing of the job but what accounting says. */
const scheduler = (answer: AccountAnswer): Scheduler => ({
  config: parseSlurmConfig(configText({ runner_config: { vanish_window_seconds: 100 } })),
  user: 'ann',
  commands: new FakeCluster(() => batch.jobName),
  poller: { latest: () => null, gapMs: () => 0, after: unasked },
  accounting: {
    find: () => Promise.resolve(answer),
    findById: () => Promise.resolve(answer),
    findByName: unasked,
    all: unasked,
  },
  gate: { pass: unasked },
  scancel: unasked,
  settings: () => Promise.resolve(unknownSettings),
  sinfo: () => Promise.resolve(null),
});

const watchSince = (absentSince: number): Watch => ({ ...newWatch(0), absentSince });

it.each<[AccountAnswer, number, string, number | null]>([
  [{ kind: 'absent' }, 99_999, 'unknown', 0],
  [{ kind: 'off' }, 99_999, 'unknown', 0],
  [{ kind: 'absent' }, 100_000, 'ended', 0],
  [{ kind: 'off' }, 100_000, 'ended', 0],
  // Whoever errs starts the window anew, early in it and at its end.
  [{ kind: 'error', words: 'away' }, 50_000, 'unknown', null],
  [{ kind: 'error', words: 'away' }, 100_000, 'unknown', null],
])('%j after %i ms: %s', async (answer, absentMs, state, absentSince) => {
  const watch = watchSince(0);
  const status = await lookForLost(scheduler(answer), batch, handle, watch, absentMs);
  expect(status.state).toBe(state);
  expect(watch.absentSince).toBe(absentSince);
});

it('takes an end in the accounts that may be a requeue only once it has lasted', async () => {
  const account = {
    ...{ jobId: '1', name: batch.jobName, state: 'PREEMPTED', exit: null, node: 'n1', requestedMem: null },
    ...{
      timeLimitMinutes: null,
      started: null,
      usage: { elapsed_seconds: 1, max_rss_bytes: null, cpu_seconds: null },
    },
  };
  const look = (absentMs: number) =>
    lookForLost(scheduler({ kind: 'account', account }), batch, handle, watchSince(0), absentMs);
  expect((await look(14_999)).state).toBe('unknown');
  expect(await look(15_000)).toMatchObject({
    state: 'ended',
    cause: 'node',
    schedulerState: 'PREEMPTED',
    node: 'n1',
  });
});
