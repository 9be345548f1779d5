/** A supervisor that is no root: the sudoers example, as sudo itself reads it. */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { installPackages, whyNoPackages } from '../support/debian.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until } from '../support/until.js';
import { startSite, type Site } from './site.js';
import { whyNoUsers, type UnixUser } from './unix-users.js';

const example = fileURLToPath(new URL('../../deploy/sudoers/fractal-temporal', import.meta.url));
const built = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const whyNoSudo = async (): Promise<string | null> => {
  const reason = whyNoUsers();
  if (reason !== null || existsSync('/usr/sbin/visudo')) return reason;
  const none = whyNoPackages();
  if (none === null) await installPackages(['sudo']);
  return none;
};

const reason = await whyNoSudo();
if (reason !== null) console.warn(`a supervisor that is no root: not tested: ${reason}`);

describe.runIf(reason === null)('a service user with the sudoers example', () => {
  let site: Site;
  let sudoers: string;
  let program: string;
  let service: UnixUser;
  let alice: UnixUser;
  let stranger: UnixUser;

  beforeAll(async () => {
    site = await startSite({ temporal: inject('temporal'), count: 3 });
    [service, alice, stranger] = site.users as [UnixUser, UnixUser, UnixUser];
    program = join(site.sandbox.dir, 'fractal-temporal');
    await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${built} "$@"\n`, { mode: 0o755 });
    await chmod(program, 0o755);
    const text = (await readFile(example, 'utf8'))
      .replace('FRACTAL_SERVICE = fractal', `FRACTAL_SERVICE = ${service.name}`)
      .replace('%fractal-users', alice.name)
      .replaceAll('/usr/local/bin/fractal-temporal', program);
    sudoers = join('/etc/sudoers.d', service.name);
    await writeFile(sudoers, text, { mode: 0o440 });
  });
  afterAll(async () => {
    await rm(sudoers, { force: true });
    await site.dispose();
  });

  const asService = (words: readonly string[], env: Record<string, string> = {}) =>
    execa('setpriv', [`--reuid=${service.uid}`, `--regid=${service.gid}`, '--init-groups', ...words], {
      ...{ env, reject: false, stdin: 'ignore', cwd: '/' },
    });

  it('is understood by visudo', async () => {
    const { stdout, exitCode } = await execa('/usr/sbin/visudo', ['-c', '-f', example]);
    expect([exitCode, stdout]).toEqual([0, `${example}: parsed OK`]);
  });

  it('allows the one command line, as the users of the rule, and nothing else', async () => {
    const allows = async (user: string, ...words: string[]): Promise<boolean> =>
      (await asService(['sudo', '-n', '-u', user, '-l', '--', ...words])).exitCode === 0;
    const supervised = ['worker', 'slurm', '--supervised'];
    expect(await allows(alice.name, program, ...supervised)).toBe(true);
    expect(await allows(stranger.name, program, ...supervised)).toBe(false);
    expect(await allows('root', program, ...supervised)).toBe(false);
    expect(await allows(alice.name, program, ...supervised, '--verbose')).toBe(false);
    expect(await allows(alice.name, program, 'worker', 'local')).toBe(false);
    expect(await allows(alice.name, '/bin/sh')).toBe(false);
    const setting = await asService([
      'sudo',
      '-n',
      '-u',
      alice.name,
      'LD_PRELOAD=/x',
      program,
      ...supervised,
    ]);
    expect([setting.exitCode, setting.stderr]).toEqual([
      1,
      expect.stringContaining('not allowed to set the following environment variables: LD_PRELOAD'),
    ]);
  });

  it('says what to do where the program that runs is another than the one that sudoers allows', async () => {
    const file = JSON.parse(await readFile(site.usersFile, 'utf8')) as object;
    const users = join(site.sandbox.dir, 'alice.json');
    await writeFile(users, JSON.stringify({ ...file, users: [{ name: alice.name }] }));
    const words = ['worker', 'slurm', '--users', users, '--address', inject('temporal').address];
    const { stderr, exitCode } = await asService([program, ...words], { HOME: service.home });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`sudoers must allow ${built} worker slurm --supervised as ${alice.name}`);
    expect(stderr).toContain('or `program` in the file of users name the one that it allows');
  });

  it('starts workers: a run of a user is done as that user, and users that it may not become are said', async () => {
    const users = [{ name: alice.name }, { name: stranger.name }];
    const file = JSON.parse(await readFile(site.usersFile, 'utf8')) as object;
    await writeFile(site.usersFile, JSON.stringify({ ...file, program, users }));
    const { address } = inject('temporal');
    const words = ['worker', 'slurm', '--users', site.usersFile, '--address', address];
    // Not root's own configuration of Temporal.
    const env = { SECRET: 'x', HOME: service.home };
    const supervisor = asService(['env', 'NODE_NO_WARNINGS=1', program, ...words], env);
    let said = '';
    supervisor.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      let isOver = false;
      void supervisor.then(() => (isOver = true));
      await until('the refusal', () => isOver || said.includes('no right to become this user by sudo'));
      expect(said).toContain(`"user":"${stranger.name}"`);
      const dir = await site.folder(alice);
      const task = join(dir, 'task.sh');
      await writeFile(task, 'id -un; env | cut -d= -f1 | tr "\\n" " "\n');
      const tasks = [{ type: 'parallel' as const, name: 'Only', command: `bash ${task}` }];
      const run = await site.start(alice, makeRequest({ dir, tasks, images: ['a'] }));
      expect((await run.result()).status).toBe('done');
      const log = await readFile(join(dir, 'run', '0_only', 'par-000000-0000000-log.txt'), 'utf8');
      expect(log.split('\n')[0]).toBe(alice.name);
      expect(log).not.toMatch(/SUDO_|SECRET|NODE_NO_WARNINGS/);
    } finally {
      supervisor.kill('SIGTERM');
      await supervisor;
    }
  });
});
