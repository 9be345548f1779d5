/** Workers of several users, started on demand as these users: the program as root, real users, real processes. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { noWorkerLines } from '../../src/report/no-worker.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import { startSite, statusOf, untilState, type Site } from './site.js';
import { whyNoUsers, type UnixUser } from './unix-users.js';

/** A second or two after its last activity a worker is ended. */
const IDLE_SECONDS = 2;

const reason = whyNoUsers();
if (reason !== null) console.warn(`workers of several users: not tested: ${reason}`);

describe.runIf(reason === null)('workers of several users', () => {
  let site: Site;
  let supervisor: Awaited<ReturnType<Site['supervise']>>;
  beforeAll(async () => {
    site = await startSite({
      temporal: inject('temporal'),
      count: 3,
      file: { idle_seconds: IDLE_SECONDS, umask: '0027' },
    });
    supervisor = await site.supervise();
  });
  afterAll(() => site.dispose());

  const one = { type: 'parallel' as const, name: 'Only' };

  /** A run of one unit that says who and how it is. */
  const startOne = async (user: UnixUser, dir: string) => {
    const task = join(dir, 'task.sh');
    await writeFile(task, 'id -un; id -Gn; umask; env | cut -d= -f1 | tr "\\n" " "\n');
    const tasks = [{ ...one, command: `bash ${task}` }];
    return site.start(user, makeRequest({ dir, tasks, images: ['a'] }));
  };

  const logOf = async (dir: string): Promise<string[]> =>
    (await readFile(join(dir, 'run', '0_only', 'par-000000-0000000-log.txt'), 'utf8')).split('\n');

  /** A run whose unit waits for a file. */
  const startWaiting = async (user: UnixUser) => {
    const dir = await site.folder(user);
    const runs = join(dir, 'runs');
    const tasks = [{ ...one, runs_file: runs, script: { '*': { wait_for: join(dir, 'go') } } }];
    const run = await site.start(user, makeRequest({ dir, tasks, images: ['a'] }));
    await untilFile(runs);
    const go = () => writeFile(join(dir, 'go'), '');
    return { run, go, runs };
  };

  const pidOf = async (user: UnixUser): Promise<number> => {
    await until('a worker', async () => (await statusOf(supervisor.url, user.name)).pid !== null);
    return (await statusOf(supervisor.url, user.name)).pid ?? 0;
  };

  /** Processes of workers that live as a user, whoever has started them. */
  const workersOf = async ({ uid }: UnixUser): Promise<string[]> => {
    const { stdout } = await execa('pgrep', ['-U', String(uid), '-f', 'worker slurm --supervised'], {
      reject: false,
    });
    return stdout.split('\n').filter((line) => line !== '');
  };

  it('run at once, each as its user, on demand; files belong to the user alone', async () => {
    for (const { name } of site.users) expect((await statusOf(supervisor.url, name)).state).toBe('resting');
    const folders = await Promise.all(site.users.map((user) => site.folder(user)));
    const runs = await Promise.all(site.users.map((user, index) => startOne(user, folders[index] ?? '')));
    for (const [index, run] of runs.entries()) {
      const { name = '', uid } = site.users[index] ?? {};
      const dir = folders[index] ?? '';
      expect((await run.result()).status).toBe('done');
      const [who, groups = '', umask, variables = ''] = await logOf(dir);
      expect([who, umask]).toEqual([name, '0027']);
      // Its groups, none of root's.
      expect(groups.split(' ').toSorted()).toEqual([name, site.group].toSorted());
      expect(variables).not.toMatch(/NODE_OPTIONS|LD_PRELOAD|BASH_ENV|SECRET|TEMPORAL_ADDRESS/);
      const about = await stat(join(dir, 'run', 'result.json'));
      expect([about.uid, about.mode & 0o777]).toEqual([uid, 0o600]);
    }
  });

  it("refuse a folder of somebody else, and say whose it is; nobody's run reads another's", async () => {
    const [alice, bob] = site.users as [UnixUser, UnixUser];
    const dir = await site.folder(alice);
    const tasks = [{ ...one, command: 'true' }];
    const run = await site.start(bob, makeRequest({ dir, tasks, images: ['a'] }));
    await expect(run.result()).rejects.toThrow(
      new RegExp(
        `EACCES.*the worker is user ${bob.name} \\(uid ${bob.uid}\\), and ${dir} belongs to uid ${alice.uid} \\(mode 0700\\)`,
      ),
    );
    const own = await site.folder(bob);
    const secret = join(dir, 'secret');
    await writeFile(secret, 'x');
    await writeFile(join(own, 'task.sh'), `cat ${secret}\n`);
    const reading = [{ ...one, command: `bash ${join(own, 'task.sh')}` }];
    const reader = await site.start(bob, makeRequest({ dir: own, tasks: reading, images: ['a'] }));
    await expect(reader.result()).rejects.toThrow('ended with exit code 1');
    expect(await logOf(own)).toContain(`cat: ${secret}: Permission denied`);
  });

  it('are ended when idle, and started again on demand; meanwhile it is said that one will be', async () => {
    const [user, other] = site.users as [UnixUser, UnixUser];
    const { run, go } = await startWaiting(user);
    await pidOf(user);
    const { starts } = await statusOf(supervisor.url, user.name);
    // Another that has work later than this one has its idle time meanwhile; this one has a batch, and is not idle.
    await (await startOne(other, await site.folder(other))).result();
    await untilState(supervisor.url, other.name, 'resting');
    expect(await statusOf(supervisor.url, user.name)).toMatchObject({ state: 'running', starts });
    await go();
    await run.result();
    await untilState(supervisor.url, user.name, 'resting');
    expect(await workersOf(user)).toEqual([]);
    const queue = `fractal-slurm.${user.name}`;
    expect(await noWorkerLines(site.harness.client, [{ name: queue, type: 'activity' }])).toEqual([
      `No worker polls the activity queue ${queue} now; a supervisor starts one on demand.`,
    ]);
    const dir = await site.folder(user);
    expect((await (await startOne(user, dir)).result()).status).toBe('done');
    expect((await statusOf(supervisor.url, user.name)).starts).toBe(starts + 1);
  });

  it('killed with -9 are started again after a wait, and adopt what runs', async () => {
    const [user] = site.users as [UnixUser];
    const { run, go, runs } = await startWaiting(user);
    const pid = await pidOf(user);
    process.kill(pid, 'SIGKILL');
    await until('another', async () => {
      const now = await statusOf(supervisor.url, user.name);
      return now.state === 'running' && now.pid !== pid;
    });
    expect(await statusOf(supervisor.url, user.name)).toMatchObject({ failures: 1 });
    await go();
    expect((await run.result()).status).toBe('done');
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('end with their supervisor, however it ends; the next one never has two of a user', async () => {
    const [user] = site.users as [UnixUser];
    const { run, go, runs } = await startWaiting(user);
    const first = await pidOf(user);
    // What hangs cannot see that its supervisor is gone.
    process.kill(first, 'SIGSTOP');
    supervisor.program.child.kill('SIGKILL');
    await supervisor.program.ended;
    supervisor = await site.supervise();
    await until('the next to see it', async () =>
      (await statusOf(supervisor.url, user.name)).others.some((each) => each.startsWith(`${first}@`)),
    );
    expect(await workersOf(user)).toEqual([String(first)]);
    process.kill(first, 'SIGCONT');
    await until('the old one to end', async () => !(await workersOf(user)).includes(String(first)));
    await go();
    expect((await run.result()).status).toBe('done');
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(1);
  });
});
