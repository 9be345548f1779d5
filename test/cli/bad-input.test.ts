import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { rawRequest, rawWorkflow, rawWorkflowTask } from '../support/raw-requests.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterAll(() => sandbox.dispose());

const run = (stdin: string, ...args: string[]) => sandbox.run(['run', '-', ...args], { stdin });

describe('a request that is wrong: exit code 2, nothing on stdout, no server asked', () => {
  it('not JSON', async () => {
    const { code, stdout, stderr } = await run('{"workflow": ');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('The request is invalid (1 error)');
  });

  it('an integer that would be rounded is named by its pointer', async () => {
    const text = JSON.stringify(rawRequest({ job_id: 0 })).replace('"job_id":0', '"job_id":9007199254740993');
    const { code, stderr } = await run(text);
    expect(code).toBe(2);
    expect(stderr).toContain('/job_id');
    expect(stderr).toContain('string');
  });

  it('every error is printed, not the first', async () => {
    const task = rawWorkflowTask(0, { args_parallel: { zarr_url: 'x' } }, { command_parallel: 'a; b' });
    const request = rawRequest({ workflow: rawWorkflow([task]), first_task_index: 5, surprise: 1 });
    const { code, stderr } = await run(JSON.stringify(request));
    expect(code).toBe(2);
    for (const pointer of ['/surprise', '/first_task_index', '/workflow/task_list/0/task/command_parallel']) {
      expect(stderr).toContain(pointer);
    }
    expect(stderr).toContain('/workflow/task_list/0/args_parallel/zarr_url');
  });

  it('a file that is not there', async () => {
    const { code, stderr } = await sandbox.run(['run', join(sandbox.dir, 'missing.json')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/There is no file \S+missing\.json\./);
  });

  it('a run directory that cannot be made', async () => {
    const file = join(sandbox.dir, 'a-file');
    await writeFile(file, '');
    const { code, stderr } = await run(JSON.stringify(rawRequest({ workflow_dir_local: join(file, 'run') })));
    expect(code).toBe(2);
    expect(stderr).toContain('/workflow_dir_local');
  });
});

describe('wrong usage: exit code 2', () => {
  it.each([
    ['an unknown command', ['frobnicate'], /unknown command/],
    ['an unknown option', ['list', '--frobnicate'], /unknown option/],
    ['no request', ['run'], /missing required argument/],
    ['no such worker', ['worker', 'gpu'], /Allowed choices are workflow, local, slurm/],
    ['no queue', ['worker'], /missing required argument/],
    ['a limit that is none', ['up', '--max-units', '0'], /positive integer/],
    [
      'one queue name for two backends',
      ['worker', 'local', 'slurm', '--task-queue', 'q'],
      /one backend only/,
    ],
  ])('%s', async (_what, args, message) => {
    const { code, stderr, stdout } = await sandbox.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([
    ['run', 'two\nlines'],
    ['start', 'bell\u0007'],
    ['run', ' '],
  ])('%s with the workflow id %j', async (command, id) => {
    const stdin = JSON.stringify(rawRequest({ workflow_dir_local: join(sandbox.dir, 'never') }));
    const { code, stdout, stderr } = await sandbox.run([command, '-', '--workflow-id', id], { stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `--workflow-id ${JSON.stringify(id)}: expected an id that is not empty and holds no control character.\n`,
    );
  });

  it('help and version are no errors', async () => {
    const help = await sandbox.run(['run', '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--result <file>');
    expect((await sandbox.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('no server: exit code 6', () => {
  it.each([
    ['list'],
    ['status', 'some-run'],
    ['logs', 'some-run'],
    ['cancel', 'some-run'],
    ['worker', 'local'],
  ])('%s says how to get one', async (...args) => {
    const { code, stderr } = await sandbox.run(args);
    expect(code).toBe(6);
    expect(stderr).toContain('fractal-temporal up');
  });

  it.each(['run', 'start'])(
    '%s with an address that does not answer starts nothing in its place',
    async (command) => {
      const address = `127.0.0.1:${await getPort()}`;
      const stdin = JSON.stringify(rawRequest({ workflow_dir_local: join(sandbox.dir, 'never') }));
      const { code, stderr } = await sandbox.run([command, '-'], {
        stdin,
        env: { TEMPORAL_ADDRESS: address },
      });
      expect(code).toBe(6);
      expect(stderr).toContain(address);
    },
  );

  it('no way to a Temporal binary lists them all', async () => {
    const stdin = JSON.stringify(rawRequest({ workflow_dir_local: join(sandbox.dir, 'no-binary') }));
    const env = { FRACTAL_TEMPORAL_SERVER_BINARY: join(sandbox.dir, 'gone') };
    const { code, stderr } = await sandbox.run(['run', '-'], { stdin, env });
    expect(code).toBe(6);
    expect(stderr).toContain('FRACTAL_TEMPORAL_SERVER_BINARY');
  });

  it('an unknown source of the Temporal binary names the known ones', async () => {
    const env = { FRACTAL_TEMPORAL_SERVER_SOURCE: 'pip' };
    const { code, stderr } = await sandbox.run(['up'], { env });
    expect(code).toBe(6);
    expect(stderr).toMatch(/FRACTAL_TEMPORAL_SERVER_SOURCE: .*sdk, wheel, go/);
  });
});

describe('a run that is not known: exit code 2', () => {
  it.each(['status', 'logs', 'cancel'])('%s', async (command) => {
    const { address } = inject('temporal');
    const { code, stderr } = await sandbox.run([command, 'no-such-run', '--address', address]);
    expect(code).toBe(2);
    expect(stderr).toContain('There is no run no-such-run');
  });
});
