/** Workers and servers killed with -9 while a run goes on, with the real program as separate processes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const images = ['a', 'b', 'c', 'd'];

/** The first two units wait for the file `go`; each start of a unit is a line in `runs`. */
const writeRequest = async (extra: Record<string, unknown> = {}): Promise<string> => {
  const { dir } = sandbox;
  const waits = { wait_for: join(dir, 'go') };
  const script = { [zarrUrl(dir, 'a')]: waits, [zarrUrl(dir, 'b')]: waits };
  const tasks = [
    { type: 'parallel' as const, runs_file: join(dir, 'runs'), script },
    { type: 'parallel' as const, output_types: { second: true } },
  ];
  const path = join(dir, 'request.json');
  await writeFile(path, JSON.stringify(makeRequest({ dir, tasks, images, extra })));
  return path;
};

const runs = async (): Promise<string[]> =>
  (await readFile(join(sandbox.dir, 'runs'), 'utf8')).trim().split('\n').sort();

const expectEachRunOnce = async (result: RunResult): Promise<void> => {
  expect(result.status).toBe('done');
  expect(await runs()).toEqual(images.map((name) => zarrUrl(sandbox.dir, name)));
  expect(result.images.map((image) => image.types)).toEqual(images.map(() => ({ second: true })));
};

describe('kill -9', () => {
  it('of the local worker: its batch goes on, the next worker re-attaches', async () => {
    const { address } = inject('temporal');
    const queue = `killed-${process.pid}-${Date.now()}`;
    const request = await writeRequest({ activity_task_queue: queue });
    const given = ['--address', address];
    const worker = ['worker', 'local', '--task-queue', queue, '--max-units', '2', ...given];
    const workflows = sandbox.start(['worker', 'workflow', ...given]);
    const first = sandbox.start(worker);
    const run = sandbox.start(['run', request, ...given]);
    await until('two units to run', async () => (await runs().catch(() => [])).length === 2);
    first.child.kill('SIGKILL');
    await first.ended;
    // The batch goes on without any worker.
    await writeFile(join(sandbox.dir, 'go'), '');
    await until('all units to run', async () => (await runs()).length === images.length);
    const second = sandbox.start(worker);
    expect(await run.ended).toBe(0);
    await expectEachRunOnce(JSON.parse(run.stdout()) as RunResult);
    for (const process of [second, workflows]) process.child.kill('SIGINT');
  });

  it('of server and workers: the next `up` goes on from the database', async () => {
    const request = await writeRequest();
    const up = ['up', '--max-units', '2'];
    const first = sandbox.start(up);
    await first.says('Ready');
    const started = await sandbox.run(['start', request]);
    expect(started.code).toBe(0);
    await untilFile(join(sandbox.dir, 'runs'));
    const state = JSON.parse(await readFile(join(sandbox.dir, 'home', 'server.json'), 'utf8')) as {
      process: { pid: number };
    };
    first.child.kill('SIGKILL');
    process.kill(state.process.pid, 'SIGKILL');
    await first.ended;
    const second = sandbox.start(up);
    await second.says('Ready');
    await writeFile(join(sandbox.dir, 'go'), '');
    const joined = await sandbox.run(['run', request]);
    expect(joined.code).toBe(0);
    await expectEachRunOnce(JSON.parse(joined.stdout) as RunResult);
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
  });
});

describe('a run that is cancelled while no worker has its batch', () => {
  it('ends the batch as soon as a worker is back', async () => {
    const { address } = inject('temporal');
    const queue = `cancelled-${process.pid}-${Date.now()}`;
    const request = await writeRequest({ activity_task_queue: queue });
    const given = ['--address', address];
    const worker = ['worker', 'local', '--task-queue', queue, '--max-units', '2', ...given];
    const workflows = sandbox.start(['worker', 'workflow', ...given]);
    const first = sandbox.start(worker);
    const run = sandbox.start(['run', request, ...given]);
    await until('two units to run', async () => (await runs().catch(() => [])).length === 2);
    first.child.kill('SIGKILL');
    await first.ended;
    const id = run.stderr().match(/[a-z-]+-[0-9a-f]{16}/)?.[0] ?? '';
    expect((await sandbox.run(['cancel', id, ...given])).code).toBe(0);
    const second = sandbox.start(worker);
    expect(await run.ended).toBe(5);
    // The units would go on now, if they lived.
    await writeFile(join(sandbox.dir, 'go'), '');
    const result = JSON.parse(run.stdout()) as RunResult;
    expect(result.status).toBe('cancelled');
    expect(result.task_runs[0]?.units.map((unit) => unit.cause)).toEqual(images.map(() => 'cancelled'));
    expect(await runs()).toHaveLength(2);
    for (const process of [second, workflows]) process.child.kill('SIGINT');
  });
});

describe('a worker that is shut down', () => {
  it('leaves its batch to the next', async () => {
    const { address } = inject('temporal');
    const queue = `shut-${process.pid}-${Date.now()}`;
    const request = await writeRequest({ activity_task_queue: queue });
    const given = ['--address', address];
    const worker = ['worker', 'local', '--task-queue', queue, '--max-units', '2', ...given];
    const workflows = sandbox.start(['worker', 'workflow', ...given]);
    const first = sandbox.start(worker);
    const started = await sandbox.run(['start', request, ...given]);
    expect(started.code).toBe(0);
    await until('two units to run', async () => (await runs().catch(() => [])).length === 2);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const second = sandbox.start(worker);
    await writeFile(join(sandbox.dir, 'go'), '');
    const joined = await sandbox.run(['run', request, ...given]);
    expect(joined.code).toBe(0);
    await expectEachRunOnce(JSON.parse(joined.stdout) as RunResult);
    const connection = await Connection.connect({ address });
    const id = joined.stderr.match(/[a-z-]+-[0-9a-f]{16}/)?.[0] ?? '';
    const { status } = await new Client({ connection }).workflow.getHandle(id).describe();
    expect(status.name).toBe('COMPLETED');
    await connection.close();
    for (const process of [second, workflows]) process.child.kill('SIGINT');
  });
});
