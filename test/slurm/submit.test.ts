import type { JsonObject } from '../../src/wire/request.js';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NeverSubmitted, SubmissionRefused } from '../../src/batch/errors.js';
import type { Backend, Batch } from '../../src/batch/contract.js';
import {
  backendOn,
  journalOf,
  makeBatch,
  newContext,
  startsOf,
  testConfig,
  untilBegun,
  untilEnded,
  type BatchInput,
} from './batches.js';
import type { Cluster } from './cluster.js';
import { describeOnCluster } from './on-cluster.js';
import { until } from './until.js';
import { createWrappers } from './wrappers.js';

/** Runs until the batch's folder holds a file named go. */
const busy = 'until [[ -e go ]]; do sleep 0.1; done';
const release = (batch: Batch): Promise<void> => writeFile(join(batch.workingDir, 'go'), '');

const liveJobs = async (cluster: Cluster): Promise<number> => {
  const { stdout } = await cluster.asUser(['squeue', '-h', '-o', '%i']);
  return stdout.split('\n').filter((line) => line !== '').length;
};

const fail = (): never => {
  throw new Error('not as many handles as batches');
};

describeOnCluster('submission to a real cluster', { accounting: true }, (cluster) => {
  /** Submits more than a limit allows: the rest waits, says so, and runs once there is room. */
  const waitsForRoom = async (
    allowed: number,
    input: Partial<BatchInput>,
    words: string,
    backend: Backend,
  ): Promise<void> => {
    const batches: Batch[] = [];
    for (let index = 0; index < allowed; index++) {
      const batch = await makeBatch(cluster(), backend, { ...input, units: [busy] });
      await backend.executor.submit(batch, newContext());
      batches.push(batch);
    }
    const last = await makeBatch(cluster(), backend, { ...input, units: ['exit 0'] });
    const context = newContext();
    const submitted = backend.executor.submit(last, context);
    await until(() => Promise.resolve(context.notes.some((note) => note.includes(words))));
    expect(await startsOf(last)).toEqual([[]]);
    await Promise.all(batches.map(release));
    const handle = await submitted;
    expect(await untilEnded(backend, last, handle)).toMatchObject({ cause: 'completed' });
    for (const batch of batches) {
      const ended = await untilEnded(backend, batch, await backend.executor.submit(batch, newContext()));
      expect(ended.cause).toBe('completed');
    }
  };

  it('waits for a limit of its QOS', () =>
    waitsForRoom(
      3,
      { meta: { extra_lines: ['#SBATCH --qos=few'] } },
      'QOSMaxSubmitJobPerUserLimit',
      backendOn(cluster()),
    ));

  it('waits for a limit of its account', () =>
    waitsForRoom(2, { account: 'tight' }, 'AssocMaxSubmitJobLimit', backendOn(cluster())));

  it("waits for the worker's own limit on jobs at once", () =>
    waitsForRoom(2, {}, "worker's limit is 2", backendOn(cluster(), testConfig({ max_jobs_at_once: 2 }))));

  const refusals: [string, Partial<BatchInput>, JsonObject, RegExp][] = [
    ['an unknown partition', {}, { partition: 'nowhere' }, /invalid partition specified: nowhere/],
    ['an unknown account', { account: 'nobody' }, {}, /Invalid account/],
    ["somebody else's account", { account: 'other' }, {}, /Invalid account/],
    ['more memory than any node has', { meta: { mem: '100G' } }, {}, /Memory specification/],
    ['an unknown QOS', { meta: { extra_lines: ['#SBATCH --qos=none'] } }, {}, /Invalid qos/],
    ['a constraint that no node has', { meta: { constraint: 'quantum' } }, {}, /Invalid feature/],
  ];
  it.each(refusals)("refuses for good, with sbatch's own words: %s", async (_, input, slurm, words) => {
    const backend = backendOn(cluster(), testConfig({}, slurm));
    const batch = await makeBatch(cluster(), backend, { units: ['exit 0'], ...input });
    const refusal = backend.executor.submit(batch, newContext());
    await expect(refusal).rejects.toBeInstanceOf(SubmissionRefused);
    await expect(refusal).rejects.toThrow(words);
  });

  it('runs the pre-submission commands before sbatch, in its shell, and their words are not a job id', async () => {
    const marker = join(cluster().workDir, 'pre');
    const backend = backendOn(
      cluster(),
      testConfig(
        {},
        {
          pre_submission_commands: ['echo 4711', `echo "$USER" >>${marker}`, 'export SBATCH_COMMENT=set'],
        },
      ),
    );
    const batch = await makeBatch(cluster(), backend, { units: ['exit 0'] });
    const handle = await backend.executor.submit(batch, newContext());
    expect(handle.jobId).not.toBe('4711');
    expect(await readFile(marker, 'utf8')).toBe(`${cluster().user}\n`);
    expect(await untilEnded(backend, batch, handle)).toMatchObject({ cause: 'completed' });
  });

  it('20 running jobs are adopted by another worker, nothing is submitted again', async () => {
    const wrappers = await createWrappers(cluster());
    await wrappers.set('sbatch', 'exec "$real" "$@"');
    const worker = () => backendOn(cluster(), testConfig({}, { mem: '10M' }), wrappers.path);
    const first = worker();
    const batches = await Promise.all(
      Array.from({ length: 20 }, () => makeBatch(cluster(), first, { units: [busy, 'exit 0'] })),
    );
    const handles = await Promise.all(batches.map((batch) => first.executor.submit(batch, newContext())));
    await Promise.all(batches.map((batch) => untilBegun(batch)));
    const second = worker();
    const adopted = await Promise.all(batches.map((batch) => second.executor.submit(batch, newContext())));
    expect(adopted).toEqual(handles);
    expect(await liveJobs(cluster())).toBe(20);
    await Promise.all(batches.map(release));
    await Promise.all(batches.map((batch, index) => untilEnded(second, batch, adopted[index] ?? fail())));
    for (const batch of batches) {
      expect((await startsOf(batch)).map((starts) => starts.length)).toEqual([1, 1]);
      expect((await journalOf(batch)).complete).toBe(true);
    }
    expect(await wrappers.calls('sbatch')).toHaveLength(20);
  });

  it('waits for a controller that is away, and submits once it is back', async () => {
    const backend = backendOn(cluster());
    const batch = await makeBatch(cluster(), backend, { units: ['exit 0'] });
    await cluster().stopDaemon('slurmctld');
    const context = newContext();
    const submitted = backend.executor.submit(batch, context);
    await until(() => Promise.resolve(context.notes.some((note) => /contact slurm controller/.test(note))));
    await cluster().startDaemon('slurmctld');
    const handle = await submitted;
    expect(await untilEnded(backend, batch, handle)).toMatchObject({ cause: 'completed' });
    expect(await startsOf(batch)).toEqual([[`${handle.jobId} 0`]]);
  });

  it('a batch that is cancelled while it waits for the controller never starts', async () => {
    const backend = backendOn(cluster());
    const batch = await makeBatch(cluster(), backend, { units: ['exit 0'] });
    await cluster().stopDaemon('slurmctld');
    const context = newContext();
    const submitted = backend.executor.submit(batch, context).catch((error: unknown) => error);
    await until(() => Promise.resolve(context.notes.some((note) => /contact slurm controller/.test(note))));
    const cancelled = backendOn(cluster()).executor.cancel(batch, null, newContext());
    await until(async () =>
      (await readdir(join(batch.workingDir, '.runner'))).some((n) => n.endsWith('.tombstone')),
    );
    await cluster().startDaemon('slurmctld');
    expect(await submitted).toBeInstanceOf(NeverSubmitted);
    await cancelled;
    expect(await startsOf(batch)).toEqual([[]]);
  });
});
