import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest, type TaskSpec, update, zarrUrl } from '../support/scripted-requests.js';
import { untilStatus } from '../support/operator.js';
import { until, untilFile } from '../support/until.js';
import { defaultWorkflowId, type ProcessWorkflowInput, TaskExecutionError } from '../../src/client/index.js';
import type { RunResult } from '../../src/wire/result.js';

const example = fileURLToPath(new URL('../../examples/python/run_workflow.py', import.meta.url));
const operator = fileURLToPath(new URL('../../examples/python/operate_run.py', import.meta.url));
const { address } = inject('temporal');

let harness: Harness;
let python: string;
beforeAll(async () => {
  // `npm test` installs it; see scripts/test-tools.mjs.
  python = process.env['FRACTAL_TEST_PYTHON'] ?? 'python3';
  const found = await execa(python, ['-c', 'import temporalio'], { reject: false });
  if (found.exitCode !== 0) throw new Error("Temporal's Python SDK is missing: run this through `npm test`");
  harness = await startHarness({ address });
});
afterAll(() => harness.stop());

type Script = NonNullable<TaskSpec['script']>;

const prepare = async (does: Script | ((dir: string) => Script), extra = {}, images = ['plate/a']) => {
  const dir = await harness.folder();
  const script = typeof does === 'function' ? does(dir) : does;
  const request = makeRequest({
    dir,
    tasks: [{ type: 'parallel', name: 'Only', script, runs_file: join(dir, 'runs') }],
    images,
    extra: { activity_task_queue: harness.activityQueue, ...extra },
  });
  const file = join(dir, 'request.json');
  await writeFile(file, JSON.stringify(request));
  const args = [example, file, '--address', address, '--task-queue', harness.workflowQueue];
  const run = (...more: string[]) => execa(python, [...args, ...more], { reject: false });
  return { dir, request, run };
};

const operate = (id: string, ...words: string[]) =>
  execa(python, [operator, id, ...words, '--address', address], { reject: false });

/** The program may not have started it yet. */
const untilHeld = (id: string): Promise<void> =>
  until('it is held', () =>
    harness
      .get(id)
      .progress()
      .then(
        ({ progress }) => progress?.status === 'held',
        () => false,
      ),
  );

describe('the Python example', () => {
  it('retries the failed unit of a held run, and skips another', async () => {
    const wait = { recovery: { on_failure: 'wait' } };
    const { run, dir, request } = await prepare({ '*': { fail_while: '/' } }, wait);
    void run();
    const id = defaultWorkflowId(request);
    await untilHeld(id);
    const shown = await operate(id, 'show');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      status: 'held',
      held: { open: 1, units: [{ index: 0 }] },
    });
    const refused = await operate(id, 'retry', '--units', '5');
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('there is no unit 5')]);
    const retried = await operate(id, 'retry', '--mem', '8G', '--update-id', 'once');
    expect([retried.exitCode, retried.stderr]).toEqual([0, 'Task 0 Only: 1 unit again with mem 8G']);
    await untilStatus(harness.get(id), 'held');
    expect((await operate(id, 'retry', '--update-id', 'once')).stderr).toBe(retried.stderr);
    expect((await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n')).toHaveLength(2);
    expect((await operate(id, 'skip')).exitCode).toBe(0);
    await expect(harness.get(id).result()).rejects.toThrow(TaskExecutionError);
  });

  it('retries what a held run has failed: it is done, with the images of a run that never failed', async () => {
    const wait = { recovery: { on_failure: 'wait' } };
    const making = (dir: string, fails = {}): Script =>
      Object.fromEntries(
        ['a', 'b'].map((name) => [
          zarrUrl(dir, name),
          {
            ...(name === 'b' ? fails : {}),
            write: { image_list_updates: [update(zarrUrl(dir, `${name}2`), { origin: zarrUrl(dir, name) })] },
          },
        ]),
      );
    const broken = (dir: string) => making(dir, { fail_while: join(dir, 'broken') });
    const failing = await prepare(broken, wait, ['a', 'b']);
    await writeFile(join(failing.dir, 'broken'), '');
    const running = failing.run();
    const id = defaultWorkflowId(failing.request);
    await untilHeld(id);
    await rm(join(failing.dir, 'broken'));
    expect((await operate(id, 'retry', '--units', '1')).stderr).toBe('Task 0 Only: 1 unit again');
    const whole = await prepare(making, wait, ['a', 'b']);
    const [first, second] = [await running, await whole.run()];
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    const imagesOf = (stdout: string, dir: string): unknown =>
      (JSON.parse(stdout.replaceAll(dir, '')) as RunResult).images;
    expect(imagesOf(first.stdout, failing.dir)).toEqual(imagesOf(second.stdout, whole.dir));
    expect((JSON.parse(first.stdout) as RunResult).status).toBe('done');
  });

  it('runs a workflow and prints its result; a second time nothing runs', async () => {
    const { run } = await prepare({ '*': { log: 'fine' } });
    const first = await run();
    expect(first.stderr).toMatch(/^run test-workflow-[0-9a-f]{16}$/);
    expect(first.exitCode).toBe(0);
    expect((JSON.parse(first.stdout) as RunResult).status).toBe('done');
    expect((await run()).stdout).toBe(first.stdout);
  });

  it('a failed task arrives with type and details, its partial result too', async () => {
    const { run } = await prepare({ '*': { log: 'no cells here', exit: 3 } });
    const { exitCode, stderr, stdout } = await run();
    expect(exitCode).toBe(3);
    expect(stderr).toContain('TaskExecutionError');
    expect(stderr).toContain('exit_code: 3');
    expect(stderr).toContain('no cells here');
    expect((JSON.parse(stdout) as RunResult).status).toBe('failed');
  });

  it('goes on from a run that failed, with what is not done', async () => {
    const broken = join(await harness.folder(), 'broken');
    await writeFile(broken, '');
    const script = (folder: string) => ({ [zarrUrl(folder, 'plate/b')]: { fail_while: broken } });
    const { run, dir, request } = await prepare(script, {}, ['plate/a', 'plate/b']);
    expect((await run()).exitCode).toBe(3);
    await rm(broken);
    const earlier = request.workflow_dir_local;
    const { exitCode, stdout } = await run('--continue-from', earlier);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'done', workflow_dir: `${earlier}.2` });
    expect((await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n')).toHaveLength(3);
  });

  it('an invalid request arrives with every error', async () => {
    const { run } = await prepare({ '*': {} }, { surprise: 1, first_task_index: 9 });
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(2);
    expect(stderr).toContain('/surprise');
    expect(stderr).toContain('/first_task_index');
  });

  it('a cancelled run has its partial result from the query', async () => {
    const { run, dir, request } = await prepare({ '*': { wait_for: '/nowhere' } });
    const running = run();
    await untilFile(join(dir, 'runs'));
    await harness.get(defaultWorkflowId(request as unknown as ProcessWorkflowInput)).cancel();
    const { exitCode, stdout } = await running;
    expect(exitCode).toBe(5);
    expect((JSON.parse(stdout) as RunResult).status).toBe('cancelled');
  });
});
