import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest, type TaskSpec, zarrUrl } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const images = ['plate/a', 'plate/b'];

/** Writes a request of one parallel task over two images. */
const write = async (task: Partial<TaskSpec>, extra = {}): Promise<{ file: string; runDir: string }> => {
  const tasks: TaskSpec[] = [{ type: 'parallel', name: 'Only', script: { '*': { log: 'fine' } }, ...task }];
  const request = makeRequest({ dir: sandbox.dir, tasks, images, extra });
  const file = join(sandbox.dir, 'request.json');
  await writeFile(file, JSON.stringify(request));
  return { file, runDir: (request as unknown as { workflow_dir_local: string }).workflow_dir_local };
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('run, with no server anywhere', () => {
  it('runs with one of its own, and gives the result on stdout; a second time nothing runs', async () => {
    const runs = join(sandbox.dir, 'runs.txt');
    const { file, runDir } = await write({ runs_file: runs });
    const first = await sandbox.run(['run', file]);
    expect(first.code).toBe(0);
    const result = JSON.parse(first.stdout) as RunResult;
    expect(result).toMatchObject({ status: 'done', error: null, workflow_dir: runDir });
    expect(result.task_runs[0]?.units.map(({ status }) => status)).toEqual(['done', 'done']);
    expect(first.stderr).toContain('task 1/1 Only: done 2/2');
    expect(await isThere(join(runDir, '.runner', 'temporal.db'))).toBe(true);

    const again = await sandbox.run(['run', file, '--result', join(sandbox.dir, 'again.json')]);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('Joined run');
    expect(JSON.parse(await readFile(join(sandbox.dir, 'again.json'), 'utf8'))).toEqual(result);
    expect((await readFile(runs, 'utf8')).split('\n')).toHaveLength(images.length + 1);

    const status = await sandbox.run(['status', runDir, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      workflow_id: result.workflow_id,
      result: { status: 'done' },
    });
    expect((await sandbox.run(['logs', runDir, '0/1'])).stdout).toContain('fine');
  });

  it('with the tries that the file of its worker gives, under those of the request', async () => {
    const does = { '*': { exits: [75, 0] } };
    const { file } = await write(
      { script: does },
      { recovery: { tasks: { '0': { rerun_interrupted: true } } } },
    );
    const config = join(sandbox.dir, 'local.json');
    await writeFile(config, JSON.stringify({ recovery: { exit_codes: { '75': { tries: 1 } } } }));
    const { code, stdout } = await sandbox.run(['run', file, '--local-config', config]);
    const { task_runs: runs } = JSON.parse(stdout) as RunResult;
    expect([code, runs[0]?.units.map(({ tries }) => tries?.map(({ exit_code: exit }) => exit))]).toEqual([
      ...[0, images.map(() => [75, 0])],
    ]);
  });

  it('a failed task: exit code 3, the error with its log, the partial result', async () => {
    const failing = zarrUrl(sandbox.dir, images[1] ?? '');
    const { file, runDir } = await write(
      { script: { '*': { log: 'ok' }, [failing]: { log: 'no cells', exit: 7 } } },
      { recovery: { exit_codes: { '7': { tries: 1 } } } },
    );
    const { code, stdout, stderr } = await sandbox.run(['run', file]);
    expect(code).toBe(3);
    expect(stderr).toContain(`only what is not done: fractal-temporal run ${file} --again`);
    expect(stderr).toContain('TaskExecutionError');
    expect(stderr).toContain('no cells');
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      error: { type: 'TaskExecutionError', details: { exit_code: 7, unit_index: 1 } },
    });
    const logs = await sandbox.run(['logs', runDir, '--failed']);
    expect(logs.stdout).toContain('0/par-000000-0000001');
    expect(logs.stdout).not.toContain('0/par-000000-0000000');
    const status = await sandbox.run(['status', runDir]);
    expect(status.stdout).toContain('no cells');
    expect(status.stdout).toContain('exit code 7');
    expect(status.stdout).toMatch(/try 1: exit code 7; used .*\n +try 2: exit code 7; used /);
    const asleep = await sandbox.run(['retry', runDir]);
    expect(asleep).toMatchObject({ code: 6, stdout: '' });
    expect(asleep.stderr).toContain("`fractal-temporal run` with the run's request starts it");
  });

  it('a killed task: exit code 4', async () => {
    const { file } = await write({ script: { '*': { signal: 'SIGKILL' } } });
    const { code, stdout, stderr } = await sandbox.run(['run', file]);
    expect(code).toBe(4);
    expect(stderr).toContain('JobExecutionError');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { type: 'JobExecutionError' } });
  });

  it('a directory that another request has used is refused', async () => {
    const { file } = await write({});
    expect((await sandbox.run(['run', file])).code).toBe(0);
    const other = await write({}, { job_id: 99 });
    const { code, stderr } = await sandbox.run(['run', other.file]);
    expect(code).toBe(2);
    expect(stderr).toContain('another request');
  });

  it('Ctrl-C leaves, the batch goes on, and the same command comes back to it', async () => {
    const gate = join(sandbox.dir, 'gate');
    const runs = join(sandbox.dir, 'runs.txt');
    const { file, runDir } = await write({ script: { '*': { wait_for: gate } }, runs_file: runs });
    const first = sandbox.start(['run', file]);
    await untilFile(runs);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(130);
    expect(first.stdout()).toBe('');
    expect(first.stderr()).toContain(`come back: fractal-temporal run ${file}`);
    expect(first.stderr()).toContain(`cancel it: fractal-temporal cancel ${runDir}`);
    await writeFile(gate, '');
    const second = await sandbox.run(['run', file]);
    expect(second.code).toBe(0);
    expect((await readFile(runs, 'utf8')).trim().split('\n').sort()).toEqual(
      images.map((name) => zarrUrl(sandbox.dir, name)),
    );
  });

  it('killed -9 in the middle: the same command goes on, and no unit begins twice', async () => {
    const gate = join(sandbox.dir, 'gate');
    const runs = join(sandbox.dir, 'runs.txt');
    const { file } = await write({ script: { '*': { wait_for: gate } }, runs_file: runs });
    const first = sandbox.start(['run', file, '--max-units', '2']);
    await until('both units run', async () => {
      const text = await readFile(runs, 'utf8').catch(() => '');
      return text.trim().split('\n').length === images.length;
    });
    first.child.kill('SIGKILL');
    await first.ended;
    const second = sandbox.start(['run', file]);
    await second.says('Joined run');
    await writeFile(gate, '');
    expect(await second.ended).toBe(0);
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(images.length);
  });

  it('cancel by the directory wakes the run, stops it, and keeps its partial result', async () => {
    const runs = join(sandbox.dir, 'runs.txt');
    const { file, runDir } = await write({ script: { '*': { wait_for: '/nowhere' } }, runs_file: runs });
    const run = sandbox.start(['run', file]);
    await untilFile(runs);
    run.child.kill('SIGINT');
    await run.ended;
    const cancel = await sandbox.run(['cancel', runDir]);
    expect(cancel.stderr).toContain('is cancelled');
    expect(cancel.code).toBe(0);
    const result = JSON.parse(await readFile(join(runDir, 'result.json'), 'utf8')) as RunResult;
    expect(result.status).toBe('cancelled');
    const again = await sandbox.run(['run', file]);
    expect(again.code).toBe(5);
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'cancelled' });
  });

  it('a folder for the result that is not there: said, and the result is not lost', async () => {
    const { file, runDir } = await write({});
    await mkdir(join(sandbox.dir, 'out'));
    const { code, stderr } = await sandbox.run([
      'run',
      file,
      '--result',
      join(sandbox.dir, 'none', 'r.json'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('ENOENT');
    expect(await isThere(join(runDir, 'result.json'))).toBe(true);
  });
});
