/** A batch without a job id on record: found by its name, or shown to have no job. */
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Batch } from '../../../../src/batch/contract.js';
import type { Accounting } from '../../../../src/executors/slurm/commands/accounting.js';
import { unknownSettings } from '../../../../src/executors/slurm/commands/settings.js';
import type { Scheduler } from '../../../../src/executors/slurm/jobs/scheduler.js';
import { submissionFiles } from '../../../../src/executors/slurm/jobs/submission-files.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { handleOf, lookForUnnamed, whyNotAsked } from '../../../../src/executors/slurm/status/unnamed.js';
import { newWatch } from '../../../../src/executors/slurm/status/watch.js';
import { configText } from '../config-text.js';
import { fakeBatch, FakeCluster } from '../fake-cluster.js';

const unasked = () => Promise.reject(new Error('not asked here'));

let batch: Batch;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ batch, remove } = await fakeBatch());
});
afterEach(() => remove());

type Accounts = Awaited<ReturnType<Accounting['findByName']>>;

const scheduler = (accounts: Accounts): Scheduler => ({
  config: parseSlurmConfig(
    configText({ runner_config: { message_timeout_seconds: 10, sbatch_timeout_seconds: 60 } }),
  ),
  user: 'ann',
  commands: new FakeCluster(() => batch.jobName),
  poller: { latest: () => null, gapMs: () => 0, after: unasked },
  accounting: {
    ...{ find: unasked, findById: unasked, all: unasked },
    findByName: () => Promise.resolve(accounts),
  },
  gate: { pass: unasked },
  scancel: unasked,
  settings: () => Promise.resolve({ ...unknownSettings, clusterName: 'here' }),
  sinfo: () => Promise.resolve(null),
});

const look = (accounts: Accounts, absentMs: number) =>
  lookForUnnamed(scheduler(accounts), batch, { ...newWatch(0), absentSince: 0 }, absentMs);

it.each<[Accounts, number, string]>([
  [[], 9_999, 'unknown'],
  [[], 10_000, 'ended'],
  ['off', 10_000, 'ended'],
  [{ error: 'away' }, 1e9, 'unknown'],
])('%j after %i ms without a job of its name: %s', async (accounts, absentMs, state) => {
  expect(await look(accounts, absentMs)).toMatchObject({ state });
});

it('an sbatch that may still run is waited out first', async () => {
  const { stdout } = submissionFiles(batch);
  await writeFile(stdout, `# attempt ${Date.now()}\n`);
  expect(await look([], 60_000)).toMatchObject({ state: 'unknown' });
  expect(await look([], 70_000)).toMatchObject({ state: 'ended', cause: 'node', nodeAtFault: false });
  await writeFile(stdout, `# attempt ${Date.now()}\n# ended\n`);
  expect(await look([], 10_000)).toMatchObject({ state: 'ended' });
});

it('the job that accounting has under its name is the one', async () => {
  const account = { jobId: '77', name: batch.jobName } as never;
  expect(await look([account], 0)).toEqual({ jobId: '77' });
});

it('its submission says whose it is, on which cluster, and as far as is known which job', async () => {
  const none = { jobId: '', facts: {} };
  const write = (text: string) => writeFile(batch.paths.intent, text);
  await write(JSON.stringify({ user: 'ann', cluster: 'here', created: 1 }));
  const own = await handleOf(scheduler([]), batch, none);
  expect(own).toEqual({ jobId: '', facts: { user: 'ann', cluster: 'here' } });
  expect(await whyNotAsked(scheduler([]), own, true)).toBeNull();

  await writeFile(submissionFiles(batch).stdout, `# attempt 5\n41\n# ended\n`);
  await write(JSON.stringify({ user: 'bob', cluster: 'there', created: 1 }));
  const other = await handleOf(scheduler([]), batch, none);
  expect(other).toEqual({ jobId: '41', facts: { user: 'bob', cluster: 'there' } });
  expect(await whyNotAsked(scheduler([]), other, true)).toContain('job 41 belongs to user bob');
  expect(
    await whyNotAsked(scheduler([]), { ...other, facts: { user: 'ann', cluster: 'there' } }, true),
  ).toContain('was submitted to cluster there, this worker is of here');

  // A loss of power has taken the text.
  await write('');
  expect((await handleOf(scheduler([]), batch, none)).facts).toEqual({ user: 'ann', cluster: null });
});
