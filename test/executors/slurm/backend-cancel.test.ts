/** The SLURM backend ends batches, and makes sure of it. */
import { access, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NeverSubmitted, WrongWorker } from '../../../src/batch/errors.js';
import { createIntent, submissionFiles } from '../../../src/executors/slurm/jobs/submission-files.js';
import { backendFor, batch, cluster, submit } from './backend-on-fake-cluster.js';
import { newContext, said } from './fake-cluster.js';

describe('cancel', () => {
  it('cancels and makes sure', async () => {
    const backend = backendFor();
    const handle = await submit(backend);
    await backend.executor.cancel(batch, handle, newContext());
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
    await access(batch.paths.tombstone);
    await backend.executor.cancel(batch, null, newContext());
    expect(cluster.count('scancel')).toBe(1);
  });

  it('without a handle, after a crash', async () => {
    await submit();
    await backendFor().executor.cancel(batch, null, newContext());
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
  });

  it('of what was never submitted leaves its mark and asks nobody', async () => {
    expect(await backendFor().executor.cancel(batch, null, newContext())).toEqual({
      jobIds: [],
      uncertain: null,
    });
    expect(cluster.calls).toEqual([]);
    await expect(submit()).rejects.toThrow(NeverSubmitted);
  });

  it('waits out a submission whose job id nobody saw', async () => {
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    const context = newContext();
    const note = context.note;
    context.note = (line) => {
      note(line);
      if (line.includes('may still arrive')) cluster.addJob(batch.jobName);
    };
    await backendFor({ message_timeout_seconds: 0.05 }).executor.cancel(batch, null, context);
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
  });

  it('waits until the job has left COMPLETING, and for a controller that is away', async () => {
    const backend = backendFor();
    const handle = await submit(backend);
    let answers = 0;
    cluster.override = (command) => {
      if (command === 'scancel') {
        Object.assign(cluster.jobs[0] ?? {}, { state: 'COMPLETING' });
        return said('');
      }
      if (command === 'squeue') answers++;
      if (command === 'squeue' && answers === 1)
        return said('', 1, 'slurm_load_jobs error: Connection reset by peer\n');
      if (command === 'squeue' && answers === 5) Object.assign(cluster.jobs[0] ?? {}, { state: 'CANCELLED' });
      return null;
    };
    const context = newContext();
    await backend.executor.cancel(batch, handle, context);
    expect(answers).toBe(5);
    expect(context.notes.join('\n')).toMatch(
      /cancelling: .*Connection reset by peer[\s\S]*cancelling: job 1 on n1 is COMPLETING for 0 s/,
    );
  });

  it('asks again when scancel fails', async () => {
    const backend = backendFor();
    const handle = await submit(backend);
    let asked = 0;
    cluster.override = (command) =>
      command === 'scancel' && asked++ < 2 ? said('', 8, 'scancel: error: away\n') : null;
    const context = newContext();
    await backend.executor.cancel(batch, handle, context);
    expect(context.notes[0]).toMatch(/job 1 on n1 is RUNNING for 0 s; scancel failed \(status 8\): .*away$/);
    expect(asked).toBe(3);
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
  });

  it('asks with one scancel for the jobs of many batches', async () => {
    const backend = backendFor({ poll_interval_seconds: 0.5 });
    const many = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const one = { ...batch, key: `m-${at}`, jobName: `run.task.m-${at}` };
        const folder = `${batch.workingDir}/m-${at}`;
        const paths = { ...batch.paths, intent: `${folder}/intent`, tombstone: `${folder}/tombstone` };
        await mkdir(folder);
        return { ...one, paths, jobId: String(cluster.addJob(one.jobName).id) };
      }),
    );
    const reports = await Promise.all(
      many.map((one) =>
        backend.executor.cancel(one, { jobId: one.jobId, facts: { user: 'ann' } }, newContext()),
      ),
    );
    expect(reports.map(({ jobIds }) => jobIds)).toEqual(many.map(({ jobId }) => [jobId]));
    expect(new Set(cluster.jobs.map(({ state }) => state))).toEqual(new Set(['CANCELLED']));
    // One per look at the queue; a slow disk spreads the tombstones over several.
    expect(cluster.count('scancel')).toBeLessThan(20);
  });

  it('reports every job that any file of the batch or the queue names', async () => {
    cluster.addJob(batch.jobName);
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    await writeFile(submissionFiles(batch).jobId, '7\n');
    await writeFile(submissionFiles(batch).stdout, '# attempt 1\n8\n');
    await writeFile(batch.paths.owner, '9\n');
    await writeFile(`${batch.paths.journalPrefix}10-0.journal`, '');
    const { jobIds, uncertain } = await backendFor().executor.cancel(
      batch,
      { jobId: '6', facts: {} },
      newContext(),
    );
    expect(new Set(jobIds)).toEqual(new Set(['1', '6', '7', '8', '9', '10']));
    expect(uncertain).toBeNull();
  });

  it("finds its jobs by name where the run's folder is gone, and does not make it anew", async () => {
    const backend = backendFor({ message_timeout_seconds: 0.05 });
    await submit(backend);
    const folder = `${batch.workingDir}/removed/k-1`;
    const paths = { ...batch.paths, units: `${folder}/units`, intent: `${folder}/intent` };
    const known = {
      ...batch,
      jobName: batch.key,
      paths: {
        ...paths,
        owner: `${folder}/owner`,
        tombstone: `${folder}/tombstone`,
        journalPrefix: `${folder}/`,
      },
    };
    const { jobIds, uncertain } = await backend.executor.cancel(known, null, newContext());
    expect(jobIds).toEqual(['1']);
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
    expect(uncertain).toContain(dirname(folder));
    await expect(access(dirname(folder))).rejects.toThrow('ENOENT');
  });

  it.each(['no', 'an empty'])(
    'of a batch with %s folder leaves its mark and looks for its jobs',
    async (left) => {
      const backend = backendFor();
      await submit(backend);
      const folder = `${batch.workingDir}/batches/k-1`;
      await mkdir(left === 'no' ? dirname(folder) : folder, { recursive: true });
      const paths = { ...batch.paths, units: `${folder}/units`, intent: `${folder}/intent` };
      const bare = {
        ...batch,
        paths: {
          ...paths,
          owner: `${folder}/owner`,
          tombstone: `${folder}/tombstone`,
          journalPrefix: `${folder}/`,
        },
      };
      expect(await backend.executor.cancel(bare, null, newContext())).toEqual({
        jobIds: ['1'],
        uncertain: null,
      });
      expect(cluster.jobs[0]?.state).toBe('CANCELLED');
      await access(bare.paths.tombstone);
    },
  );

  it.each(['intent', 'tombstone', 'owner'] as const)(
    'ends its jobs where %s can never be read, and says so',
    async (name) => {
      const backend = backendFor({ message_timeout_seconds: 0.05 });
      const handle = await submit(backend);
      await rm(batch.paths[name], { force: true });
      await mkdir(batch.paths[name]);
      const { jobIds, uncertain } = await backend.executor.cancel(batch, handle, newContext());
      expect(jobIds).toEqual(['1']);
      expect(cluster.jobs[0]?.state).toBe('CANCELLED');
      expect(uncertain).toContain(batch.paths[name]);
    },
  );

  it('ends its jobs, and comes again, where reading fails in a way that may pass', async () => {
    const backend = backendFor({ message_timeout_seconds: 0.05 });
    const handle = await submit(backend);
    await rm(batch.paths.intent);
    // Reading it is an i/o error.
    await symlink('/proc/self/mem', batch.paths.intent);
    const cancelling = backend.executor.cancel(batch, handle, newContext());
    await expect(cancelling).rejects.toThrow(/intent: EIO/);
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
  });

  it.each(['', '{"user":"an'])('ends its jobs where the intent holds %j', async (text) => {
    const backend = backendFor({ message_timeout_seconds: 0.05 });
    await submit(backend);
    await writeFile(batch.paths.intent, text);
    await writeFile(submissionFiles(batch).jobId, '');
    expect((await backend.executor.cancel(batch, null, newContext())).jobIds).toEqual(['1']);
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
  });

  it("leaves another user's batch alone", async () => {
    const handle = await submit();
    await expect(backendFor({}, 'bob').executor.cancel(batch, handle, newContext())).rejects.toThrow(
      WrongWorker,
    );
    expect(cluster.count('scancel')).toBe(0);
  });
});
