/** The SLURM backend submits: once, whatever happens to it and to `sbatch`. */
import { writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { SubmissionRefused, WrongWorker } from '../../../src/batch/errors.js';
import {
  createIntent,
  openAttempt,
  submissionFiles,
} from '../../../src/executors/slurm/jobs/submission-files.js';
import { backendFor, batch, changeBatch, cluster, limit, submit } from './backend-on-fake-cluster.js';
import { fakeResources, newContext, said } from './fake-cluster.js';

describe('submit', () => {
  it('records script, intent and job id, without a look-up', async () => {
    const handle = await submit();
    expect(handle).toEqual({ jobId: '1', facts: { user: 'ann', cluster: 'fake' } });
    expect(await readFile(batch.paths.script, 'utf8')).toMatch(/^#!\/bin\/bash\n#SBATCH --nodes=1\n/);
    expect(JSON.parse(await readFile(batch.paths.intent, 'utf8'))).toMatchObject({
      user: 'ann',
      cluster: 'fake',
    });
    expect(await readFile(submissionFiles(batch).jobId, 'utf8')).toBe('1\n');
    expect([cluster.count('sbatch'), cluster.count('squeue'), cluster.count('sacct')]).toEqual([1, 0, 0]);
  });

  it('ends a job whose lines fail, or does as the configuration says', async () => {
    changeBatch({ resources: { ...fakeResources, extra_lines: ['module load x', '#SBATCH --hold'] } });
    await submit();
    const script = await readFile(batch.paths.script, 'utf8');
    expect(script).toMatch(
      /^#!\/bin\/bash\n(#SBATCH .*\n)+trap '[\s\S]*' ERR\nmodule load x\n\ntrap - ERR\n/,
    );
    await rm(batch.paths.intent);
    await rm(submissionFiles(batch).jobId);
    await rm(submissionFiles(batch).stdout);
    await submit(backendFor({ failing_lines: 'ignore', login_shell: true }));
    expect(await readFile(batch.paths.script, 'utf8')).toMatch(
      /^#!\/bin\/bash -l\n(#SBATCH .*\n)+module load x\n\nft_umask=\d+\nft_key=/,
    );
  });

  it('is idempotent: again, at once, and by another worker', async () => {
    const backend = backendFor();
    const handles = await Promise.all([submit(backend), submit(backend), submit(backend)]);
    expect(new Set(handles.map(({ jobId }) => jobId))).toEqual(new Set(['1']));
    expect((await submit()).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(1);
  });

  it('adopts by name a job whose id nobody saw', async () => {
    cluster.addJob('run.task.k-2');
    cluster.addJob(batch.jobName);
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    expect((await submit()).jobId).toBe('2');
    expect(cluster.count('sbatch')).toBe(0);
  });

  it('adopts a job that only accounting remembers', async () => {
    cluster.addJob(batch.jobName, { inQueue: false, state: 'COMPLETED' });
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    expect((await submit()).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(0);
  });

  it('adopts a job whose id sbatch printed after its worker had died', async () => {
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    const { stdout, stderr } = await openAttempt(batch, Date.now());
    await stdout.appendFile('77\n');
    await Promise.all([stdout.close(), stderr.close()]);
    expect((await submit()).jobId).toBe('77');
    expect([cluster.count('sbatch'), cluster.count('squeue')]).toEqual([0, 0]);
  });

  it('adopts the job that owns the batch', async () => {
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    await writeFile(batch.paths.owner, '5\n');
    expect((await submit()).jobId).toBe('5');
  });

  it.each(['', '{"user":"an'])('takes an intent of %j for one without a job id', async (text) => {
    cluster.addJob(batch.jobName);
    await writeFile(batch.paths.intent, text);
    await writeFile(submissionFiles(batch).jobId, '');
    expect((await submit()).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(0);
    expect(await readFile(submissionFiles(batch).jobId, 'utf8')).toBe('1\n');
  });

  it('looks twice before it submits after an intent without an id', async () => {
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    const context = newContext();
    const late = context.note;
    // The request of the dead worker arrives while this one waits.
    context.note = (line) => {
      late(line);
      if (line.includes('late request')) cluster.addJob(batch.jobName);
    };
    expect((await submit(backendFor(), context)).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(0);
  });

  it('submits once more when two look-ups find nothing', async () => {
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    expect((await submit()).jobId).toBe('1');
    expect(cluster.count('squeue')).toBe(2);
    expect(cluster.count('sbatch')).toBe(1);
  });

  it('looks for the job of an sbatch that was killed: taken, or not', async () => {
    const killed = { ...said(''), exitCode: null, cutShort: 'signal' as const };
    const ends = [
      { ...killed, taken: false },
      { ...killed, taken: true },
    ];
    cluster.sbatch = () => ends.shift() ?? null;
    expect((await submit()).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(2);
    expect(cluster.jobs).toHaveLength(1);
  });

  it('waits for an answer of squeue rather than submit twice', async () => {
    cluster.addJob(batch.jobName);
    await createIntent(batch, { user: 'ann', cluster: null, created: Date.now() });
    let asked = 0;
    cluster.override = (command) =>
      command === 'squeue' && asked++ < 3
        ? said('', 1, 'slurm_load_jobs error: Unable to contact slurm controller\n')
        : null;
    const context = newContext();
    expect((await submit(backendFor(), context)).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(0);
    expect(context.notes.join('\n')).toContain('Unable to contact slurm controller');
  });

  it('waits for a limit, and says so', async () => {
    const ends = [limit];
    cluster.sbatch = () => ends.shift() ?? null;
    const context = newContext();
    expect((await submit(backendFor(), context)).jobId).toBe('1');
    expect(context.notes).toEqual(['waiting to submit: QOSMaxSubmitJobPerUserLimit']);
    expect(cluster.count('squeue')).toBe(0);
  });

  it("ends with sbatch's own words when it is refused for good", async () => {
    cluster.sbatch = () => ({
      ...said('', 1, 'sbatch: error: Invalid partition name specified\n'),
      taken: false,
    });
    await expect(submit()).rejects.toThrow(
      new SubmissionRefused('SLURM refused the job: Invalid partition name specified'),
    );
  });

  it.each([
    ["timeout: failed to run command 'sbatch': No such file or directory\n", 127],
    ['sbatch: error: Batch job submission failed: I/O error writing script/environment to file\n', 1],
    ['Traceback (most recent call last):\nKeyError: 1\n', 1],
  ])('tries again, shown to the operator, after %j', async (words, code) => {
    const ends = [{ ...said('', code, words), taken: false }];
    cluster.sbatch = () => ends.shift() ?? null;
    const context = newContext();
    expect((await submit(backendFor({ message_timeout_seconds: 0.01 }), context)).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(2);
    expect(context.notes.at(-1)).toMatch(/^sbatch fails, trying again: /);
  });

  it('finds the job of a wrapper that died after it had submitted', async () => {
    cluster.sbatch = () => ({
      ...said('', 1, 'Traceback (most recent call last):\nKeyError\n'),
      taken: true,
    });
    expect((await submit(backendFor({ message_timeout_seconds: 0.01 }))).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(1);
  });

  it('is given up, with the words, when sbatch has failed for too long', async () => {
    cluster.sbatch = () => ({ ...said('', 127, 'timeout: sbatch: not found\n'), taken: false });
    await expect(submit(backendFor({ unclear_refusal_patience_seconds: 0.5 }))).rejects.toThrow(
      /^sbatch has failed for [0-9]+ s .*the last time with: timeout: sbatch: not found$/,
    );
    expect(cluster.count('sbatch')).toBeGreaterThan(1);
  });

  it('is given up after the same time when its worker was started anew meanwhile', async () => {
    cluster.sbatch = () => ({ ...said('', 127, 'timeout: sbatch: not found\n'), taken: false });
    const context = newContext();
    const first = submit(backendFor({ message_timeout_seconds: 0.01 }), context);
    await vi.waitFor(() => {
      expect(context.notes.join()).toContain('sbatch fails, trying again');
    });
    context.controller.abort();
    await expect(first).rejects.toThrow();
    // As if that had been going on for 20 minutes, one call a minute.
    const calls = Array.from({ length: 20 }, (_, n) => `# attempt ${Date.now() - (20 - n) * 60_000}`);
    const file = submissionFiles(batch).stdout;
    await writeFile(file, calls.map((call) => `${call}\n# ended\n# unclear\n`).join(''));
    const patient = { unclear_refusal_patience_seconds: 1200, message_timeout_seconds: 0.01 };
    await expect(submit(backendFor(patient))).rejects.toThrow(/^sbatch has failed for 120[0-9] s/);
  });

  it('lets go when told to, and leaves nothing behind that would be lost', async () => {
    cluster.sbatch = () => limit;
    const context = newContext();
    const waiting = submit(backendFor(), context);
    await vi.waitFor(() => {
      expect(context.notes).not.toEqual([]);
    });
    context.controller.abort();
    await expect(waiting).rejects.toThrow();
    cluster.sbatch = () => null;
    expect((await submit()).jobId).toBe('1');
    expect(cluster.jobs).toHaveLength(1);
  });

  it("refuses another user's and another cluster's batch, touching nothing", async () => {
    await submit();
    await expect(submit(backendFor({}, 'bob'))).rejects.toThrow(WrongWorker);
    cluster.override = (command, args) => (args[1] === 'config' ? said('ClusterName = elsewhere\n') : null);
    await expect(submit()).rejects.toThrow(/cluster fake; .* of elsewhere/);
    expect(cluster.count('sbatch')).toBe(1);
  });

  it('cancels what was cancelled meanwhile, and finds its job also behind the tombstone', async () => {
    cluster.sbatch = () => {
      writeFileSync(batch.paths.tombstone, 'cancelled\n');
      return { ...said('1\n'), taken: true };
    };
    expect((await submit()).jobId).toBe('1');
    expect(cluster.jobs[0]?.state).toBe('CANCELLED');
    expect((await submit()).jobId).toBe('1');
    expect(cluster.count('sbatch')).toBe(1);
    expect(cluster.count('sbatch')).toBe(1);
  });

  it('keeps to its cap on jobs at once', async () => {
    const other = cluster.addJob('somebody.else');
    const context = newContext();
    const waiting = submit(backendFor({ max_jobs_at_once: 1 }), context);
    await vi.waitFor(() => {
      expect(context.notes.join()).toContain("1 jobs, this worker's limit is 1");
    });
    expect(cluster.count('sbatch')).toBe(0);
    other.state = 'COMPLETED';
    expect((await waiting).jobId).toBe('2');
  });
});
