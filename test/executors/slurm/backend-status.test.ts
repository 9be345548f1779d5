/** The SLURM backend tells how a batch is doing, and how it ended. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { backendFor, batch, changeBatch, cluster, statusThat, submit } from './backend-on-fake-cluster.js';
import { fakeResources, newContext, said } from './fake-cluster.js';

describe('status', () => {
  it('follows a job to its end, with usage and words', async () => {
    const backend = backendFor();
    const handle = await submit(backend);
    const job = cluster.jobs[0];
    if (job === undefined) throw new Error('no job');
    Object.assign(job, { state: 'PENDING', reason: 'Resources' });
    expect(await statusThat(backend, handle, ({ state }) => state === 'pending')).toMatchObject({
      state: 'pending',
      reason: 'Resources',
    });
    job.state = 'COMPLETING';
    expect(await statusThat(backend, handle, ({ state }) => state === 'running')).toMatchObject({
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
    changeBatch({ avoidNodes: ['n1', 'n2'] });
    cluster.nodes = ['n1', 'n2', 'n3'].map((name) => node(name)).join('');
    await submit();
    expect(await excluded()).toBe('n1,n2');
  });

  it('are used after all when sbatch finds no other', async () => {
    changeBatch({ avoidNodes: ['n1'], resources: { ...fakeResources, exclude: 'n9' } });
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
    changeBatch({ avoidNodes: ['n1'], resources: { ...fakeResources, exclude: 'n9' } });
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
