import { writeFileSync } from 'node:fs';
import { access, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NeverSubmitted, SubmissionRefused, WrongWorker } from '../../../src/batch/errors.js';
import type { Backend, Batch, BatchStatus, Handle } from '../../../src/batch/contract.js';
import { createSlurmBackend } from '../../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../../src/executors/slurm/options/config.js';
import {
  createIntent,
  openAttempt,
  submissionFiles,
} from '../../../src/executors/slurm/jobs/submission-files.js';
import { configText } from './config-text.js';
import { fakeBatch, FakeCluster, fakeResources, newContext, said } from './fake-cluster.js';

const limit = { ...said('', 1, 'sbatch: error: QOSMaxSubmitJobPerUserLimit\n'), taken: false };

let batch: Batch;
let remove: () => Promise<void>;
let cluster: FakeCluster;

beforeEach(async () => {
  ({ batch, remove } = await fakeBatch());
  cluster = new FakeCluster(() => batch.jobName);
});
afterEach(() => remove());

const backendFor = (runner: Record<string, unknown> = {}, user = 'ann'): Backend =>
  createSlurmBackend({
    config: parseSlurmConfig(
      configText({ runner_config: { poll_interval_seconds: 0.02, sbatch_timeout_seconds: 0.05, ...runner } }),
    ),
    user,
    commands: cluster,
  });

const submit = (backend = backendFor(), context = newContext()): Promise<Handle> =>
  backend.executor.submit(batch, context);

/** Asks until the answer fits. */
const statusThat = async (
  backend: Backend,
  handle: Handle,
  fits: (status: BatchStatus) => boolean,
): Promise<BatchStatus> =>
  vi.waitFor(
    async () => {
      const status = await backend.executor.status(batch, handle);
      if (!fits(status)) throw new Error(JSON.stringify(status));
      return status;
    },
    { timeout: 60_000, interval: 5 },
  );

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
    batch = { ...batch, resources: { ...fakeResources, extra_lines: ['module load x', '#SBATCH --hold'] } };
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

describe('status', () => {
  it('follows a job to its end, with usage and words', async () => {
    const backend = backendFor();
    const handle = await submit(backend);
    const job = cluster.jobs[0];
    if (job === undefined) throw new Error('no job');
    Object.assign(job, { state: 'PENDING', reason: 'Resources' });
    expect(await statusThat(backend, handle, ({ state }) => state === 'pending')).toEqual({
      state: 'pending',
      reason: 'Resources',
    });
    job.state = 'COMPLETING';
    expect(await statusThat(backend, handle, ({ state }) => state === 'running')).toEqual({
      state: 'running',
      node: 'n1',
    });
    job.state = 'OUT_OF_MEMORY';
    expect(await statusThat(backend, handle, ({ state }) => state === 'ended')).toMatchObject({
      cause: 'out_of_memory',
      schedulerState: 'OUT_OF_MEMORY',
      node: 'n1',
      message: expect.stringContaining('100M') as unknown,
      usage: { elapsed_seconds: 7, max_rss_bytes: 2048 * 1024, cpu_seconds: 1 },
    });
  });

  it('stays what it was between two rounds, also where squeue is slow and seldom asked', async () => {
    cluster.delayMs = (command) => (command === 'squeue' ? 50 : 0);
    const backend = backendFor({ command_timeout_seconds: 0.001 });
    const handle = await submit(backend);
    await statusThat(backend, handle, ({ state }) => state === 'running');
    const asked = cluster.count('squeue');
    const seen = new Set<string>();
    await statusThat(backend, handle, ({ state }) => {
      seen.add(state);
      return cluster.count('squeue') > asked;
    });
    expect(seen).toEqual(new Set(['running']));
  });

  it('tells the end of a job whose files cannot be read', async () => {
    const backend = backendFor();
    const handle = await submit(backend);
    for (const path of [batch.paths.intent, batch.paths.owner, batch.paths.tombstone]) {
      await rm(path, { force: true });
      await mkdir(path);
    }
    Object.assign(cluster.jobs[0] ?? {}, { state: 'TIMEOUT' });
    expect(await statusThat(backend, handle, ({ state }) => state === 'ended')).toMatchObject({
      cause: 'timeout',
    });
  });

  it('does not need accounting', async () => {
    cluster.accounting = false;
    const backend = backendFor();
    const handle = await submit(backend);
    Object.assign(cluster.jobs[0] ?? {}, { state: 'TIMEOUT' });
    expect(await statusThat(backend, handle, ({ state }) => state === 'ended')).toMatchObject({
      cause: 'timeout',
      usage: null,
    });
  });

  it.each([
    ['1\n', 'node'],
    ['', 'failed'],
  ])(
    'tells a node that rebooted from a script that failed before its units: owner %j',
    async (owner, cause) => {
      const backend = backendFor();
      const handle = await submit(backend);
      await writeFile(batch.paths.owner, owner);
      Object.assign(cluster.jobs[0] ?? {}, { state: 'FAILED', exit: '1:0' });
      expect(await statusThat(backend, handle, ({ state }) => state === 'ended')).toMatchObject({ cause });
    },
  );

  it.each<[string, () => ReturnType<typeof said>]>([
    [
      'fails',
      () => said('', 1, 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n'),
    ],
    ['prints garbage', () => said('<html>bad gateway</html>\n')],
    ['hangs', () => ({ ...said(''), exitCode: null, cutShort: 'timeout' })],
    ['prints nothing', () => said('')],
    [
      'is not there',
      () => ({ ...said('', 0, 'spawn squeue ENOENT'), exitCode: null, cutShort: 'not_started' }),
    ],
  ])('is unknown, and no end, when squeue %s', async (_what, answer) => {
    const backend = backendFor();
    const handle = await submit(backend);
    await statusThat(backend, handle, ({ state }) => state === 'running');
    cluster.override = (command) => (command === 'squeue' ? answer() : null);
    await statusThat(backend, handle, ({ state }) => state === 'unknown');
    cluster.override = () => null;
    await statusThat(backend, handle, ({ state }) => state === 'running');
  });

  it('takes the end of a job that squeue has forgotten from accounting', async () => {
    const backend = backendFor();
    const handle = await submit(backend);
    Object.assign(cluster.jobs[0] ?? {}, { inQueue: false, state: 'CANCELLED by 0' });
    expect(await statusThat(backend, handle, ({ state }) => state === 'ended')).toMatchObject({
      cause: 'cancelled',
      message: expect.stringContaining('by an administrator') as unknown,
    });
  });

  it('takes no account of another job with the same id', async () => {
    const backend = backendFor({ vanish_window_seconds: 0.1 });
    const handle = await submit(backend);
    Object.assign(cluster.jobs[0] ?? {}, { name: 'another', state: 'COMPLETED' });
    const status = await statusThat(backend, handle, ({ state }) => state === 'ended');
    expect(status).toMatchObject({
      cause: 'node',
      message: expect.stringContaining('no longer knows job 1') as unknown,
    });
  });

  it('counts a job as lost when everybody has denied it for long enough', async () => {
    const backend = backendFor({ vanish_window_seconds: 0.1 });
    const handle = await submit(backend);
    Object.assign(cluster.jobs[0] ?? {}, { inQueue: false, account: 'PENDING' });
    expect(await statusThat(backend, handle, ({ state }) => state === 'ended')).toMatchObject({
      cause: 'node',
      schedulerState: null,
    });
  });

  it.each([
    ['sacct', 'sacct: error: Problem talking to the database\n'],
    ['scontrol', 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n'],
  ])('never counts it as lost while %s gives no answer', async (failing, words) => {
    const backend = backendFor({ vanish_window_seconds: 0.05 });
    const handle = await submit(backend);
    Object.assign(cluster.jobs[0] ?? {}, { inQueue: false, account: 'PENDING' });
    cluster.override = (command, args) =>
      command === failing && args[1] !== 'config' ? said('', 1, words) : null;
    await statusThat(backend, handle, () => cluster.count(failing) >= 5);
    expect((await backend.executor.status(batch, handle)).state).toBe('unknown');
  });

  it('is asked about with one squeue for all batches', async () => {
    const backend = backendFor({ poll_interval_seconds: 3600 });
    const batches = Array.from({ length: 200 }, (_, index) => ({
      ...batch,
      key: `b-${index}`,
      jobName: `r.t.b-${index}`,
    }));
    const handles = batches.map(({ jobName }) => {
      const { id } = cluster.addJob(jobName);
      return { jobId: String(id), facts: { user: 'ann' } };
    });
    const ask = () =>
      Promise.all(
        batches.map((one, index) =>
          backend.executor.status(one, handles[index] ?? { jobId: '0', facts: {} }),
        ),
      );
    await ask();
    const statuses = await ask();
    expect(new Set(statuses.map(({ state }) => state))).toEqual(new Set(['running']));
    expect(cluster.calls.map(({ command }) => command)).toEqual(['squeue']);
  });

  it("knows nothing of another user's job", async () => {
    const status = await backendFor().executor.status(batch, { jobId: '1', facts: { user: 'bob' } });
    expect(status).toMatchObject({ state: 'unknown', reason: expect.stringContaining('bob') as unknown });
    expect(cluster.calls).toEqual([]);
  });
});

describe('nodes of earlier tries', () => {
  const node = (name: string, state = 'idle'): string => `main*|infinite|16|64000|${state}|${name}\n`;
  const excluded = async (): Promise<string | undefined> =>
    /^#SBATCH --exclude=(.*)$/m.exec(await readFile(batch.paths.script, 'utf8'))?.[1];

  it('are left out', async () => {
    batch = { ...batch, avoidNodes: ['n1', 'n2'] };
    cluster.nodes = ['n1', 'n2', 'n3'].map((name) => node(name)).join('');
    await submit();
    expect(await excluded()).toBe('n1,n2');
  });

  it('are used after all when sbatch finds no other', async () => {
    batch = { ...batch, avoidNodes: ['n1'], resources: { ...fakeResources, exclude: 'n9' } };
    const words =
      'sbatch: error: Batch job submission failed: Requested node configuration is not available\n';
    const ends = [{ ...said('', 1, words), taken: false }];
    cluster.sbatch = () => ends.shift() ?? null;
    const context = newContext();
    expect((await submit(backendFor(), context)).jobId).toBe('1');
    expect(await excluded()).toBe('n9');
    expect(context.notes).toEqual([expect.stringMatching(/no longer avoiding n1: .*not available/)]);
  });

  it('are used after all by a job that waits for no other reason', async () => {
    batch = { ...batch, avoidNodes: ['n1'], resources: { ...fakeResources, exclude: 'n9' } };
    const backend = backendFor();
    const handle = await submit(backend);
    Object.assign(cluster.jobs[0] ?? {}, {
      state: 'PENDING',
      reason: 'ReqNodeNotAvail, UnavailableNodes:n2',
    });
    const updates = () => cluster.calls.filter(({ args }) => args[0] === 'update');
    await statusThat(backend, handle, () => updates().length > 0);
    expect(updates()[0]?.args).toEqual(['update', 'JobId=1', 'ExcNodeList=n9']);
  });
});

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

describe('report', () => {
  it('knows what accounting knows of a job, by id and name', async () => {
    const mine = cluster.addJob('run.task.a', { state: 'COMPLETED' });
    const other = cluster.addJob('run.task.b', { state: 'COMPLETED' });
    const backend = backendFor();
    const jobs = [{ jobId: String(mine.id), jobName: 'run.task.a' }];
    expect(await backend.report?.(jobs, Date.now())).toEqual(
      new Map([
        [
          '1',
          { state: 'COMPLETED', usage: { elapsed_seconds: 7, max_rss_bytes: 2048 * 1024, cpu_seconds: 1 } },
        ],
      ]),
    );
    cluster.accounting = false;
    expect(await backend.report?.([{ jobId: String(other.id), jobName: 'run.task.a' }], Date.now())).toEqual(
      new Map(),
    );
  });
});
