/** Who can read and write the files of a run, whatever the umask of whoever started it (docs/security.md). */
import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest } from '../support/scripted-requests.js';
import { entriesIn, others, withUmask } from './modes.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

/** Says its umask, and leaves an output. */
const TASK = 'umask\nprintf "{}" >"$4"\n';

const write = async (runDir: string): Promise<string> => {
  const task = join(sandbox.dir, 'task.sh');
  await writeFile(task, TASK);
  const tasks = [{ type: 'parallel' as const, name: 'Only', command: `bash ${task}` }];
  const extra = { workflow_dir_local: runDir };
  const file = join(sandbox.dir, 'request.json');
  await writeFile(file, JSON.stringify(makeRequest({ dir: sandbox.dir, tasks, images: ['a'], extra })));
  return file;
};

const runWith = async (umask: number, args: string[], env: NodeJS.ProcessEnv = {}) => {
  const started = withUmask(umask, () => sandbox.start(['run', ...args], { env }));
  expect(await started.ended, started.stderr()).toBe(0);
};

const LOG = '0_only/par-000000-0000000-log.txt';

describe.each([0o000, 0o022, 0o077])('a umask of %o', (umask) => {
  it('makes a run, its server and what lies on the host no less private; units get it as it was', async () => {
    const runDir = join(sandbox.dir, 'new', 'run');
    const result = join(sandbox.dir, 'result.json');
    await runWith(umask, [await write(runDir), '--result', result]);
    expect(others(await entriesIn(join(sandbox.dir, 'new')), '0600', '0700')).toEqual([]);
    expect(others(await entriesIn(join(sandbox.dir, 'host')), '0600', '0700')).toEqual([]);
    expect((await readFile(join(runDir, LOG), 'utf8')).trim()).toBe(umask.toString(8).padStart(4, '0'));
    const [named] = (await entriesIn(sandbox.dir)).filter(({ path }) => path === 'result.json');
    expect(named?.mode).toBe((0o666 & ~umask).toString(8).padStart(4, '0'));
  });
});

it('a directory that was there keeps its mode, and what is made in it is private all the same', async () => {
  const runDir = join(sandbox.dir, 'there');
  await mkdir(runDir);
  await chmod(runDir, 0o755);
  await runWith(0o022, [await write(runDir)]);
  const [top, ...rest] = await entriesIn(runDir);
  expect(top?.mode).toBe('0755');
  expect(others(rest, '0600', '0700')).toEqual([]);
});

it('a share that does not exist is refused before anything starts', async () => {
  const file = await write(join(sandbox.dir, 'run'));
  const { code, stderr } = await sandbox.run(['run', file], { env: { FRACTAL_TEMPORAL_SHARE: 'all' } });
  expect(code).toBe(2);
  expect(stderr).toContain('FRACTAL_TEMPORAL_SHARE: expected one of private, group, got "all"');
});

const asUser = fileURLToPath(new URL('../support/as-user.mjs', import.meta.url));
const NOBODY = 65534;
/** No group of this machine: only the setgid folder and the second user have it. */
const PROJECT = 64_321;

/** Only root can be somebody else. */
describe.runIf(process.getuid?.() === 0)('a second user', () => {
  /** The program as a user whose one group is the project's. */
  const another = async (args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const child = spawn(process.execPath, [asUser, String(NOBODY), String(PROJECT), ...args], {
      env: { ...sandbox.env, HOME: '/nonexistent', FRACTAL_TEMPORAL_HOME: '/nonexistent' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
    const code = await new Promise<number>((resolve) =>
      child.once('close', (status) => resolve(status ?? -1)),
    );
    return { code, ...texts };
  };

  /** A shared project's folder, as facilities make them. */
  const project = async (): Promise<string> => {
    const folder = join(sandbox.dir, 'project');
    await chmod(sandbox.dir, 0o755);
    await mkdir(folder);
    await chown(folder, 0, PROJECT);
    await chmod(folder, 0o2770);
    return folder;
  };

  it.each([
    ['option', 0o022, ['--share', 'group'], {}],
    ['environment', 0o077, [], { FRACTAL_TEMPORAL_SHARE: 'group' }],
  ] as const)(
    'of the group reads status and logs of a run that is shared, by %s',
    async (_, umask, args, env) => {
      const runDir = join(await project(), 'run');
      await runWith(umask, [await write(runDir), ...args], env);
      const entries = await entriesIn(runDir);
      // SQLite makes its files for the group to read only.
      const database = entries.filter(({ path }) => /temporal\.db/.test(path));
      expect(others(database, '0640', '')).toEqual([]);
      expect(
        others(
          entries.filter((entry) => !database.includes(entry)),
          '0660',
          '2770',
        ),
      ).toEqual([]);
      expect(new Set(entries.map(({ gid }) => gid))).toEqual(new Set([PROJECT]));
      expect((await readFile(join(runDir, LOG), 'utf8')).trim()).toBe(umask.toString(8).padStart(4, '0'));

      const status = await another(['status', runDir, '--json']);
      expect(status.code, status.stderr).toBe(0);
      expect(JSON.parse(status.stdout)).toMatchObject({ result: { status: 'done' } });
      const logs = await another(['logs', runDir, '0/0']);
      expect(logs.code, logs.stderr).toBe(0);
      expect(logs.stdout).toContain(umask.toString(8).padStart(4, '0'));
    },
  );

  it('of the group reads nothing of a run that is not', async () => {
    const runDir = join(await project(), 'run');
    await runWith(0o000, [await write(runDir)]);
    expect(others(await entriesIn(runDir), '0600', '2700')).toEqual([]);
    for (const command of ['status', 'logs']) {
      const { code, stdout, stderr } = await another([command, runDir]);
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr).toContain(runDir);
    }
  });
});
