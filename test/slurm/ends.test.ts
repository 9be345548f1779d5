import { expect, it } from 'vitest';
import type { BatchStatus } from '../../src/batch/contract.js';
import {
  backendOn,
  makeBatch,
  newContext,
  startsOf,
  testConfig,
  untilBegun,
  untilEnded,
  untilStatus,
} from './batches.js';
import { describeOnCluster } from './on-cluster.js';
import { onPartition, run, runToEnd, statuses } from './one-batch.js';

const longTest = 300_000;

describeOnCluster('ends of jobs on a real cluster with accounting', { accounting: true }, (cluster) => {
  it.concurrent('COMPLETED with failing units: the journal has each unit, the others ran', async () => {
    const units = ['exit 0', 'exit 3', 'kill -9 $$', 'exit 0'];
    const { batch, handle, end } = await runToEnd(cluster(), { units, lanes: 2 });
    expect(await statuses(batch)).toEqual([0, 3, 137, 0]);
    expect(end).toMatchObject({ cause: 'completed', schedulerState: 'COMPLETED', node: cluster().nodes[0] });
    expect(end.message).toContain(handle.jobId);
    expect(end.usage?.elapsed_seconds).toBeTypeOf('number');
    expect(await startsOf(batch)).toEqual(units.map(() => [`${handle.jobId} 0`]));
  });

  it.concurrent('the job can be read by a person', async () => {
    const { backend, batch, handle } = await run(cluster(), {
      units: ['sleep 600'],
      name: 'Plate_1.cellpose',
    });
    await untilBegun(batch);
    const { stdout } = await cluster().asUser(['scontrol', 'show', 'job', handle.jobId]);
    expect(stdout).toContain(`JobName=Plate_1.cellpose.${batch.key}`);
    expect(stdout).toContain('Comment=run "a" of a test, batch 0');
    expect(stdout).toContain(`StdErr=${batch.paths.stdioPrefix}${handle.jobId}.err`);
    expect(stdout).toContain(`WorkDir=${batch.workingDir}`);
    await backend.executor.cancel(batch, handle, newContext());
  });

  it.concurrent('FAILED: a line of worker_init ends the script before any unit', async () => {
    const { batch, handle, end } = await runToEnd(cluster(), {
      units: ['exit 0'],
      workerInit: 'echo no such module >&2\nexit 7',
    });
    expect(end).toMatchObject({ cause: 'failed', schedulerState: 'FAILED' });
    expect(end.message).toMatch(/exit code 7[\s\S]*7:0[\s\S]*no such module/);
    expect(end.message).toContain(handle.jobId);
    expect(await startsOf(batch)).toEqual([[]]);
  });

  it.concurrent('FAILED: a line of worker_init that fails ends the job, with its words', async () => {
    const { batch, handle, end } = await runToEnd(cluster(), {
      units: ['exit 0'],
      workerInit: 'echo loading\nmodule-of-nobody load x\nexport A=1',
    });
    expect(end).toMatchObject({ cause: 'failed', schedulerState: 'FAILED', node: cluster().nodes[0] });
    expect(end.message).toMatch(/line of worker_init[\s\S]*96:0[\s\S]*module-of-nobody: command not found/);
    expect(end.message).toMatch(/status 127: module-of-nobody load x[\s\S]*stdout:\nloading/);
    expect(end.message).toContain(handle.jobId);
    expect(await startsOf(batch)).toEqual([[]]);
  });

  it.concurrent('CANCELLED before it began: job, state and message, and cancel knows it too', async () => {
    const started = await run(cluster(), { units: ['exit 0'], meta: { extra_lines: ['#SBATCH --hold'] } });
    await cluster().asUser(['scancel', started.handle.jobId]);
    const end = await untilEnded(started.backend, started.batch, started.handle);
    expect(end).toMatchObject({ cause: 'cancelled', node: null, nodeAtFault: false });
    expect(end.message).toContain(`SLURM job ${started.handle.jobId}`);
    expect(await started.backend.executor.cancel(started.batch, null, newContext())).toEqual({
      jobIds: [started.handle.jobId],
      uncertain: null,
    });
  });

  it.concurrent('keeps its name whatever PBS lines say', async () => {
    const extra = ['#PBS -N other', '#BSUB -J another'];
    const { batch, handle, end } = await runToEnd(cluster(), {
      units: ['exit 0'],
      meta: { extra_lines: extra },
    });
    expect(end).toMatchObject({ cause: 'completed' });
    const { stdout } = await cluster().asUser(['sacct', '-n', '-X', '-o', 'JobName%100', '-j', handle.jobId]);
    expect(stdout.trim()).toBe(batch.jobName);
  });

  it.concurrent('cancels many jobs with few calls', async () => {
    const started = await Promise.all(
      Array.from({ length: 40 }, () =>
        run(cluster(), { units: ['sleep 600'], meta: { extra_lines: ['#SBATCH --hold'] } }),
      ),
    );
    const backend = backendOn(cluster());
    const reports = await Promise.all(
      started.map(({ batch }) => backend.executor.cancel(batch, null, newContext())),
    );
    expect(reports.map(({ jobIds }) => jobIds)).toEqual(started.map(({ handle }) => [handle.jobId]));
    const ids = started.map(({ handle }) => handle.jobId).join(',');
    const { stdout } = await cluster().asUser(['squeue', '-h', '-t', 'all', '-o', '%T', '-j', ids]);
    expect(new Set(stdout.split('\n'))).toEqual(new Set(['CANCELLED']));
  });

  it.concurrent('a job that leaves out the last node may use it after all', async () => {
    const backend = backendOn(cluster());
    const meta = { constraint: 'first' };
    const batch = await makeBatch(cluster(), backend, { units: ['exit 0'], meta });
    const context = newContext();
    const avoiding = { ...batch, avoidNodes: [cluster().nodes[0]] };
    const handle = await backend.executor.submit(avoiding, context);
    expect(context.notes).toEqual([expect.stringMatching(/^no longer avoiding .*not available/)]);
    expect(await untilEnded(backend, avoiding, handle)).toMatchObject({ node: cluster().nodes[0] });
  });

  it.concurrent('a script that is killed ends by its signal', async () => {
    const started = await run(cluster(), { units: ['sleep 600', 'exit 0'] });
    await untilBegun(started.batch);
    await cluster().asUser(['scancel', '--batch', '--signal=KILL', started.handle.jobId]);
    const end = await untilEnded(started.backend, started.batch, started.handle);
    expect(end).toMatchObject({ cause: 'signal', schedulerState: 'FAILED' });
    expect(end.message).toContain('signal 9');
    expect(await startsOf(started.batch)).toEqual([[`${started.handle.jobId} 0`], []]);
  });

  it.concurrent('OUT_OF_MEMORY: told apart from other kills, with the limit', async () => {
    if (!cluster().cgroup) {
      console.warn('OUT_OF_MEMORY: this host has no cgroup v1, a recorded output stands in (states.test.ts)');
      return;
    }
    const greedy = 'head -c 300M /dev/zero | tail -c 300M | wc -c; exit 0';
    const { batch, end } = await runToEnd(cluster(), { units: ['exit 0', greedy], meta: { mem: 60 } });
    expect(end).toMatchObject({ cause: 'out_of_memory', schedulerState: 'OUT_OF_MEMORY' });
    expect(end.message).toMatch(/limit of 60 ?M/);
    expect((await statuses(batch))[0]).toBe(0);
  });

  it.concurrent(
    'TIMEOUT: units that never started can be told from the interrupted one',
    async () => {
      const { batch, handle, end, seen } = await runToEnd(
        cluster(),
        { units: ['exit 0', 'sleep 600', 'exit 0'] },
        onPartition(cluster(), 'minute'),
      );
      expect(end).toMatchObject({ cause: 'timeout', schedulerState: 'TIMEOUT' });
      expect(end.message).toContain('1 min');
      expect(await statuses(batch)).toEqual([0, null, null]);
      expect(await startsOf(batch)).toEqual([[`${handle.jobId} 0`], [`${handle.jobId} 0`], []]);
      expect(seen.some((status) => status.state === 'running')).toBe(true);
    },
    longTest,
  );

  it.concurrent('DEADLINE: the job could not end before it and never began', async () => {
    const { batch, end } = await runToEnd(
      cluster(),
      { units: ['exit 0'], meta: { extra_lines: ['#SBATCH --deadline=now+70seconds'] } },
      onPartition(cluster(), 'normal'),
    );
    expect(end).toMatchObject({ cause: 'timeout', schedulerState: 'DEADLINE' });
    expect(await startsOf(batch)).toEqual([[]]);
  });

  it.concurrent('CANCELLED by hand: the message says by whom', async () => {
    const started = await run(cluster(), { units: ['sleep 600'] });
    await untilBegun(started.batch);
    await cluster().asUser(['scancel', started.handle.jobId]);
    const end = await untilEnded(started.backend, started.batch, started.handle);
    expect(end).toMatchObject({ cause: 'cancelled' });
    expect(end.schedulerState).toMatch(/^CANCELLED/);
    expect(end.message).toContain(String(cluster().uid));
  });

  it.concurrent('has not ended while SLURM is still completing it', async () => {
    // It ignores the SIGTERM that comes first, so that it lives on for KillWait.
    const stubborn = 'exec 9>lock; flock 9; trap : TERM; while :; do sleep 0.2; done';
    const { backend, batch, handle } = await run(cluster(), { units: [stubborn] });
    await untilBegun(batch);
    await cluster().asUser(['scancel', handle.jobId]);
    const seen: BatchStatus[] = [];
    await untilEnded(backend, batch, handle, seen);
    expect(seen.map(({ state }) => state)).toContain('running');
    const free = await cluster().asUser(['flock', '-n', `${batch.workingDir}/lock`, 'true']);
    expect(free.exitCode).toBe(0);
  });

  it.concurrent('held: pending, and says what to do; released: goes on', async () => {
    const started = await run(cluster(), { units: ['exit 0'], meta: { extra_lines: ['#SBATCH --hold'] } });
    const { backend, batch, handle } = started;
    await untilStatus(
      backend,
      batch,
      handle,
      (status) => status.state === 'pending' && status.reason !== null,
    );
    const status = await backend.executor.status(batch, handle);
    expect(status).toMatchObject({ state: 'pending', reason: expect.stringContaining('scontrol release') });
    await cluster().asUser(['scontrol', 'release', handle.jobId]);
    expect(await untilEnded(backend, batch, handle)).toMatchObject({ cause: 'completed' });
  });

  it.concurrent('a job that will never start is pending, and says why', async () => {
    const backend = backendOn(cluster(), testConfig({}, { partition: 'minute', time: '10' }));
    const { batch, handle } = await run(cluster(), { units: ['exit 0'] }, backend);
    const says = (status: BatchStatus): boolean =>
      status.state === 'pending' && /PartitionTimeLimit.*never start/.test(status.reason ?? '');
    await untilStatus(backend, batch, handle, says);
    await backend.executor.cancel(batch, handle, newContext());
    expect(await startsOf(batch)).toEqual([[]]);
  });
});
