/**
 * A backup that is an hour old: PostgreSQL is dumped in the middle of runs, work goes on, the machine of the server is
 * lost, a new server gets the dump (docs/docker.md, "Backup"). Runs lie on storage that is not lost.
 */
import { join } from 'node:path';
import { Connection, Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { exitCode } from '../../src/cli/exit-codes.js';
import type { RunResult } from '../../src/wire/result.js';
import type { TaskSpec } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import { type Ground, openGround } from './ground.js';
import { begins, hasEnded, IMAGES, once, prepareRun, type Run, type WaitingSpec } from './runs.js';

const MINUTES_MS = 600_000;

describe('a server that is restored from a backup', { timeout: MINUTES_MS }, () => {
  let ground: Ground;

  const program = (...args: string[]) => ground.program(...args);

  const start = async (run: Run): Promise<void> => {
    const { code, stderr } = await program('start', run.file);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
  };
  /** Waits for the end that the server knows; exit code and words of the program. */
  const end = (run: Run) => program('run', run.file, '--result', join(run.dir, 'told.json'));

  const done: TaskSpec = { type: 'parallel', output_types: { first: true } };
  const waiting = { ...done, waits: true as const };
  const runs: Record<string, Run> = {};
  const run = (name: string): Run => {
    const found = runs[name];
    if (found === undefined) throw new TypeError(name);
    return found;
  };
  const before: Record<string, RunResult> = {};
  const shapes: Record<string, WaitingSpec[]> = {
    ended: [done],
    waits: [done, waiting],
    'goes on': [waiting, done],
    advances: [waiting, waiting, done],
    fails: [{ ...waiting, script: { '*': { exit: 3 } } }, done],
    cancelled: [done, waiting, done],
    'cancelled between': [{ ...waiting, script: { '*': { write: { image_list_updates: [] } } } }, done],
    'ended later': [done],
    'begun later': [waiting, done],
  };

  beforeAll(async () => {
    ground = await openGround(inject('temporal').binary);
    for (const [name, tasks] of Object.entries(shapes))
      runs[name] = await prepareRun(ground.dir, name, tasks);
    const machine = await ground.startServer('first', null);
    const workers = await ground.startWorkers();

    await start(run('ended'));
    await hasEnded(run('ended'));
    for (const [name, task] of [
      ['waits', 1],
      ['goes on', 0],
      ['advances', 0],
      ['fails', 0],
      ['cancelled', 1],
      ['cancelled between', 0],
    ] as const) {
      await start(run(name));
      await begins(run(name), task);
    }
    const dump = await machine.dump();

    await run('goes on').open(0);
    await run('fails').open(0);
    await run('advances').open(0);
    await begins(run('advances'), 1);
    expect(await program('cancel', run('cancelled').runDir, '--wait')).toMatchObject({ code: 0 });
    await start(run('ended later'));
    await start(run('begun later'));
    await begins(run('begun later'), 0);
    for (const name of ['goes on', 'fails', 'cancelled', 'ended later']) {
      await hasEnded(run(name));
      before[name] = await run(name).result();
    }

    // A task whose units have all ended, and the cancellation comes before anybody has seen that.
    const [, local] = workers;
    local?.child.kill('SIGKILL');
    await run('cancelled between').open(0);
    await untilFile(join(run('cancelled between').runDir, '0_task_0', 'par-000000-0000002-metadiff.json'));
    expect(await program('cancel', run('cancelled between').runDir)).toMatchObject({ code: 0 });
    workers.push(await ground.startLocal());
    await hasEnded(run('cancelled between'));
    before['cancelled between'] = await run('cancelled between').result();

    await Promise.all([
      ...workers.map(({ child, ended }) => {
        child.kill('SIGKILL');
        return ended;
      }),
      machine.kill(),
    ]);
    await ground.startServer('second', dump);
    await ground.startWorkers();
  }, MINUTES_MS);

  afterAll(() => ground.remove());

  it('knows a run that had ended before', async () => {
    expect(await end(run('ended'))).toMatchObject({ code: 0 });
    await once(run('ended'), 0);
  });

  it('goes on with a run that waited all the time', async () => {
    await run('waits').open(1);
    expect(await end(run('waits'))).toMatchObject({ code: 0 });
    await once(run('waits'), 0);
    await once(run('waits'), 1);
  });

  it.each([
    ['goes on', exitCode.done, 'done'],
    ['fails', exitCode.taskExecutionError, 'failed'],
  ] as const)(
    'a run that has ended since (%s) comes to the same end, and runs nothing',
    async (name, code, status) => {
      const { images, error, status: told } = before[name] ?? {};
      expect(told).toBe(status);
      expect(await end(run(name))).toMatchObject({ code });
      expect(await run(name).result()).toMatchObject({ images, error, status });
      await once(run(name), 0);
      expect(await run(name).begun(1)).toHaveLength(status === 'done' ? IMAGES.length : 0);
    },
  );

  it('goes on with a run that had come further', async () => {
    await run('advances').open(1);
    expect(await end(run('advances'))).toMatchObject({ code: 0 });
    for (const task of [0, 1, 2]) await once(run('advances'), task);
  });

  it('ends a run that was cancelled since, and says so', async () => {
    const { code, stderr } = await end(run('cancelled'));
    expect([code, stderr]).toEqual([
      exitCode.jobExecutionError,
      expect.stringContaining('the task was running when its job was cancelled'),
    ]);
    for (const task of [0, 1]) await once(run('cancelled'), task);
    expect(await run('cancelled').begun(2)).toEqual([]);
    expect((await run('cancelled').result()).images).toEqual(before['cancelled']?.images);
  });

  it('begins nothing of a run that was cancelled since between two tasks', async () => {
    expect(before['cancelled between']?.status).toBe('cancelled');
    const { code, stderr } = await end(run('cancelled between'));
    expect([code, stderr]).toEqual([
      exitCode.jobExecutionError,
      expect.stringContaining('This run had ended already (cancelled), which its server does not know'),
    ]);
    await once(run('cancelled between'), 0);
    expect(await run('cancelled between').begun(1)).toEqual([]);
    expect((await run('cancelled between').result()).images).toEqual(before['cancelled between']?.images);
  });

  it('tells a run that began and ended since from its folder', async () => {
    const { runDir } = run('ended later');
    const status = await program('status', runDir);
    expect(status.stdout).toContain('told from its directory');
    expect(await end(run('ended later'))).toMatchObject({ code: 0 });
    await once(run('ended later'), 0);
  });

  it('says of a run that began since and had not ended that nobody knows it', async () => {
    const lost = run('begun later');
    const status = await program('status', lost.runDir);
    expect(status.stdout).toContain('It had not ended');
    const cancel = await program('cancel', lost.runDir);
    expect([cancel.code, cancel.stderr]).toEqual([
      exitCode.invalid,
      expect.stringContaining('It had not ended'),
    ]);
    const again = await end(lost);
    expect([again.code, again.stderr]).toEqual([
      exitCode.invalid,
      expect.stringContaining('began after the backup that the server was restored from'),
    ]);
    // Now the server has something of this id: the start that was refused.
    const still = await program('cancel', lost.runDir);
    expect([still.code, still.stderr]).toEqual([
      exitCode.invalid,
      expect.stringContaining('It had not ended'),
    ]);
    await once(lost, 0);
  });

  it('lists nothing as running when all has ended', async () => {
    const connection = await Connection.connect({ address: ground.address() });
    try {
      const client = new Client({ connection });
      await until('an empty list', async () => {
        for await (const info of client.workflow.list({ query: "ExecutionStatus = 'Running'" }))
          if (info.type === 'processWorkflow') return false;
        return true;
      });
    } finally {
      await connection.close();
    }
  });
});
