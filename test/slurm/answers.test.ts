import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Backend, Batch, BatchStatus, Handle } from '../../src/batch/contract.js';
import {
  backendOn,
  journalOf,
  makeBatch,
  newContext,
  testConfig,
  untilBegun,
  untilEnded,
  untilStatus,
} from './batches.js';
import { describeOnCluster } from './on-cluster.js';
import { until } from './until.js';
import { createWrappers } from './wrappers.js';

const busy = 'until [[ -e go ]]; do sleep 0.1; done';
const release = (batch: Batch): Promise<void> => writeFile(join(batch.workingDir, 'go'), '');
const real = 'exec "$real" "$@"';

const isUnknown = (status: BatchStatus): boolean => status.state === 'unknown';

describeOnCluster('answers of a real cluster that fail', { accounting: true }, (cluster) => {
  const start = async (backend: Backend, units = [busy]): Promise<{ batch: Batch; handle: Handle }> => {
    const batch = await makeBatch(cluster(), backend, { units, meta: { mem: 10 } });
    return { batch, handle: await backend.executor.submit(batch, newContext()) };
  };

  const failures: [string, string, RegExp][] = [
    ['fails', 'echo slurm_load_jobs error: Socket timed out >&2; exit 1', /Socket timed out/],
    ['hangs', 'exec sleep 600', /squeue/],
    ['prints nothing', 'exit 0', /has not shown job/],
    ['prints garbage', 'echo "<html>502</html>"', /<html>/],
    ['is not there', 'echo bash: squeue: command not found >&2; exit 127', /not found/],
  ];
  it.each(failures)(
    'squeue %s: nothing is taken for an end; it answers again: the real end',
    async (_, lines, words) => {
      const wrappers = await createWrappers(cluster());
      await wrappers.set('squeue', real);
      const config = testConfig({ command_timeout_seconds: 1.5 });
      const backend = backendOn(cluster(), config, wrappers.path);
      const { batch, handle } = await start(backend);
      await untilBegun(batch);
      await untilStatus(backend, batch, handle, ({ state }) => state === 'running');
      await wrappers.set('squeue', lines);
      await untilStatus(backend, batch, handle, isUnknown);
      const before = (await wrappers.calls('squeue')).length;
      const seen: BatchStatus[] = [];
      await until(async () => {
        seen.push(await backend.executor.status(batch, handle));
        return (await wrappers.calls('squeue')).length >= before + 3;
      });
      // The job ends meanwhile: still nobody can know it.
      await release(batch);
      await until(async () => (await journalOf(batch)).complete);
      seen.push(await backend.executor.status(batch, handle));
      expect(seen.filter((status) => !isUnknown(status) && status.state !== 'ended')).toEqual([]);
      const ends = seen.filter((status) => status.state === 'ended');
      // Accounting alone may tell the end of a job that the queue shows no more.
      for (const end of ends) expect(end).toMatchObject({ cause: 'completed' });
      expect(seen.map((status) => (status.state === 'unknown' ? status.reason : '')).join('\n')).toMatch(
        words,
      );
      await wrappers.set('squeue', real);
      expect(await untilEnded(backend, batch, handle)).toMatchObject({ cause: 'completed' });
    },
  );

  it('one squeue per interval, whatever the number of jobs', async () => {
    const wrappers = await createWrappers(cluster());
    await wrappers.set('squeue', real);
    const intervalSeconds = 2;
    const backend = backendOn(
      cluster(),
      testConfig({ poll_interval_seconds: intervalSeconds }),
      wrappers.path,
    );
    const jobs = await Promise.all(Array.from({ length: 30 }, () => start(backend)));
    await Promise.all(jobs.map(({ batch }) => untilBegun(batch)));
    const before = (await wrappers.calls('squeue')).length;
    const began = performance.now();
    const states = new Set<string>();
    await until(async () => {
      const all = await Promise.all(jobs.map(({ batch, handle }) => backend.executor.status(batch, handle)));
      for (const { state } of all) states.add(state);
      return (await wrappers.calls('squeue')).length >= before + 4;
    });
    const elapsedSeconds = (performance.now() - began) / 1000;
    const calls = (await wrappers.calls('squeue')).slice(before);
    // Jitter shortens an interval by a fifth at most.
    expect(calls.length).toBeLessThanOrEqual(Math.ceil(elapsedSeconds / (0.8 * intervalSeconds)) + 1);
    expect(new Set(calls)).toEqual(new Set(['-u fractaluser -h -t all -o %i|%T|%r|%N|%j']));
    expect(states).toContain('running');
    expect(states).not.toContain('ended');
    await Promise.all(jobs.map(({ batch }) => release(batch)));
    for (const { batch, handle } of jobs) {
      expect(await untilEnded(backend, batch, handle)).toMatchObject({ cause: 'completed' });
    }
  });

  it('slurmctld away while the job ends: unknown, then the real end', async () => {
    const backend = backendOn(cluster());
    const { batch, handle } = await start(backend);
    await untilBegun(batch);
    await untilStatus(backend, batch, handle, ({ state }) => state === 'running');
    await cluster().stopDaemon('slurmctld');
    await release(batch);
    const seen: BatchStatus[] = [];
    await until(async () => {
      const status = await backend.executor.status(batch, handle);
      seen.push(status);
      return isUnknown(status) && (await journalOf(batch)).complete;
    });
    expect(seen.filter(({ state }) => state === 'ended')).toEqual([]);
    await cluster().startDaemon('slurmctld');
    expect(await untilEnded(backend, batch, handle)).toMatchObject({ cause: 'completed' });
  });

  it('slurmdbd down: the end is told without its use of resources', async () => {
    const backend = backendOn(cluster());
    await cluster().stopDaemon('slurmdbd', 'KILL');
    const { batch, handle } = await start(backend, ['exit 0']);
    const end = await untilEnded(backend, batch, handle);
    expect(end).toMatchObject({ cause: 'completed', schedulerState: 'COMPLETED', usage: null });
    await cluster().startDaemon('slurmdbd');
  });
});

describeOnCluster('jobs that a real controller has forgotten', {}, (cluster) => {
  const forgetEverything = async (): Promise<void> => {
    await cluster().stopDaemon('slurmctld', 'KILL');
    await rm(join(cluster().dir, 'ctld'), { recursive: true });
    await cluster().asRoot(['install', '-d', '-o', 'slurm', join(cluster().dir, 'ctld')]);
    await cluster().startDaemon('slurmctld');
  };

  it('vanished: infrastructure after the window, though its id is given to another job', async () => {
    const backend = backendOn(cluster(), testConfig({ vanish_window_seconds: 6 }));
    const batch = await makeBatch(cluster(), backend, { units: [busy, 'exit 0'] });
    const handle = await backend.executor.submit(batch, newContext());
    await untilBegun(batch);
    await untilStatus(backend, batch, handle, ({ state }) => state === 'running');
    await forgetEverything();
    let other = '';
    await until(async () => {
      other = (await cluster().asUser(['sbatch', '--parsable', '--wrap', 'sleep 600'])).stdout;
      return other !== '';
    });
    expect(other).toBe(handle.jobId);
    const seen: BatchStatus[] = [];
    const end = await untilEnded(backend, batch, handle, seen);
    expect(end).toMatchObject({ cause: 'node', schedulerState: null });
    expect(end.message).toContain(handle.jobId);
    expect(seen.some(isUnknown)).toBe(true);
    await cluster().asUser(['scancel', other]);
  });
});
