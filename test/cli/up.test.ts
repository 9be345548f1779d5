import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createSandbox, type RunningProgram, type Sandbox } from '../support/cli.js';
import { makeRequest, type TaskSpec } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import { kill } from '../support/kill.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(async () => {
  // An `up` that was killed leaves its server on purpose; the next one ends it.
  const state = await readFile(join(sandbox.dir, 'home', 'server.json'), 'utf8').catch(() => null);
  await sandbox.dispose();
  if (state === null) return;
  const { pid } = (JSON.parse(state) as { process: { pid: number } }).process;
  kill(pid);
});

const request = async (name: string, script: TaskSpec['script'], extra = {}): Promise<string> => {
  const dir = join(sandbox.dir, name);
  const tasks: TaskSpec[] = [
    { type: 'parallel', name: 'Only', script: script ?? {}, runs_file: join(sandbox.dir, 'runs') },
  ];
  const value = makeRequest({ dir, tasks, images: ['plate/a'], extra });
  const file = join(sandbox.dir, `${name}.json`);
  await writeFile(file, JSON.stringify(value));
  return file;
};

const up = async (): Promise<RunningProgram> => {
  const program = sandbox.start(['up']);
  await program.says('Ready.');
  return program;
};

describe('up', () => {
  it('serves runs of other commands, and ends with Ctrl-C without losing one', async () => {
    const gate = join(sandbox.dir, 'gate');
    const file = await request('one', { '*': { log: 'working', wait_for: gate } });
    const first = await up();
    expect(first.stdout()).toMatch(/Web UI: http:\/\/127\.0\.0\.1:\d+/);
    const started = await sandbox.run(['start', file]);
    expect(started.code).toBe(0);
    const id = started.stdout.trim();
    await untilFile(join(sandbox.dir, 'runs'));

    await until('the list has it', async () =>
      (await sandbox.run(['list', '--running'])).stdout.includes(id),
    );
    await until('status shows the task', async () => {
      const report = JSON.parse((await sandbox.run(['status', id, '--json'])).stdout) as {
        state: string;
        progress: { tasks: { status: string }[] } | null;
      };
      return report.state === 'running' && report.progress?.tasks[0]?.status === 'running';
    });
    expect((await sandbox.run(['logs', id, '0/0'])).stdout).toContain('working');
    expect((await sandbox.run(['start', file])).stderr).toContain('Already there');

    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect((await sandbox.run(['status', id])).code).toBe(6);

    const second = await up();
    await writeFile(gate, '');
    const run = await sandbox.run(['run', file]);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'done', workflow_id: id });
    expect((await readFile(join(sandbox.dir, 'runs'), 'utf8')).trim().split('\n')).toHaveLength(1);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  it('killed -9: its server goes on, the next one adopts it and the run', async () => {
    const gate = join(sandbox.dir, 'gate');
    const file = await request('two', { '*': { wait_for: gate } });
    const first = await up();
    const run = sandbox.start(['run', file]);
    await untilFile(join(sandbox.dir, 'runs'));
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await up();
    expect(second.stdout()).toContain('was running already');
    await writeFile(gate, '');
    expect(await run.ended).toBe(0);
  });

  it('its server killed -9: it comes back at the same address and the run ends', async () => {
    const gate = join(sandbox.dir, 'gate');
    const file = await request('three', { '*': { wait_for: gate } });
    const first = await up();
    const run = sandbox.start(['run', file]);
    await untilFile(join(sandbox.dir, 'runs'));
    const state = await readFile(join(sandbox.dir, 'home', 'server.json'), 'utf8');
    process.kill((JSON.parse(state) as { process: { pid: number } }).process.pid, 'SIGKILL');
    await first.says('starting it again');
    await writeFile(gate, '');
    expect(await run.ended).toBe(0);
  });

  it('its server hangs: no other is started beside it, and every command says what helps', async () => {
    const file = await request('hangs', {});
    await up();
    const state = await readFile(join(sandbox.dir, 'home', 'server.json'), 'utf8');
    const { pid } = (JSON.parse(state) as { process: { pid: number } }).process;
    process.kill(pid, 'SIGSTOP');
    try {
      const commands = [['list'], ['run', file]];
      for (const { code, stdout, stderr } of await Promise.all(commands.map((args) => sandbox.run(args)))) {
        expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
        expect(stderr).toContain(`(process ${pid} at `);
        expect(stderr).toMatch(/lives but does not answer: .* Try again; if it hangs, end that process/);
      }
      await expect(readFile(join(sandbox.dir, 'hangs', 'run', '.runner', 'temporal.db'))).rejects.toThrow(
        'ENOENT',
      );
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await sandbox.run(['list'])).code).toBe(0);
  });

  it('a second one is refused, saying where the first is', async () => {
    await up();
    const { code, stderr } = await sandbox.run(['up']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/running already.*Web UI http/);
  });

  it('cancel --wait ends a run as cancelled', async () => {
    const file = await request('four', { '*': { wait_for: '/nowhere' } });
    await up();
    const run = sandbox.start(['run', file]);
    await untilFile(join(sandbox.dir, 'runs'));
    const id = /run ([a-z-]+-[0-9a-f]{16})/.exec(run.stderr())?.[1] ?? '';
    const cancel = await sandbox.run(['cancel', id, '--wait']);
    expect(cancel).toMatchObject({ code: 0 });
    expect(cancel.stderr).toContain('partial result');
    expect(await run.ended).toBe(5);
    expect(JSON.parse(run.stdout())).toMatchObject({ status: 'cancelled' });
    expect((await sandbox.run(['cancel', id])).stderr).toContain('has ended already: cancelled');
  });
});

describe('worker', () => {
  it('serves a server elsewhere on queues of its own; a run that nobody serves says so and waits', async () => {
    const { address } = inject('temporal');
    const [workflowQueue, activityQueue] = [`w-${randomUUID()}`, `a-${randomUUID()}`];
    const file = await request('five', { '*': {} }, { activity_task_queue: activityQueue });
    const env = { TEMPORAL_ADDRESS: address };
    const run = sandbox.start(['run', file, '--task-queue', workflowQueue], { env });
    await run.says(`No worker polls the workflow queue ${workflowQueue}`);
    await run.says(`No worker polls the activity queue ${activityQueue}`);
    const workflow = sandbox.start(['worker', 'workflow', '--task-queue', workflowQueue], { env });
    const local = sandbox.start(['worker', 'local', '--task-queue', activityQueue], { env });
    expect(await run.ended).toBe(0);
    const second = await sandbox.run(['worker', 'local', '--task-queue', activityQueue], { env });
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/already/);
    for (const { child } of [workflow, local]) child.kill('SIGINT');
    expect(await Promise.all([workflow.ended, local.ended])).toEqual([0, 0]);
  });
});
