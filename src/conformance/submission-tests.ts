import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SCRIPT_EXITS } from '../batch/exit-codes.js';
import { BUSY, context, present, statuses, type SuiteTools } from './tools.js';

/** One key, one job: submitted again, found again, seen to its end, also where its processes are killed. */
export const submissionTests = ({
  source,
  make,
  until,
  untilEnded,
  journals,
  release,
  untilBegun,
  runAnother,
}: SuiteTools): void => {
  it('submits a key once, however often and by whomever it is submitted', async () => {
    const { given, backend } = source();
    const test = await make([BUSY, 'true']);
    const other = given.createBackend();
    const handles = await Promise.all([
      backend.executor.submit(test.batch, context),
      backend.executor.submit(test.batch, context),
      other.executor.submit(test.batch, context),
    ]);
    handles.push(await backend.executor.submit(test.batch, context));
    expect(new Set(handles.map((handle) => handle.jobId)).size).toBe(1);
    await release(test);
    await untilEnded(test, handles[0]);
    await runAnother();
    expect((await test.begun()).sort()).toEqual([0, 1].map(test.stem));
    // After the end as well.
    expect((await given.createBackend().executor.submit(test.batch, context)).jobId).toBe(handles[0].jobId);
    expect(statuses(await journals(test))).toHaveLength(2);
  });

  it('finds a running batch again after a crash of the worker, by its key alone', async () => {
    const { given, backend } = source();
    const test = await make([BUSY, 'true']);
    const handle = await backend.executor.submit(test.batch, context);
    await untilBegun(test, 1);
    const next = given.createBackend();
    const adopted = await next.executor.submit(test.batch, context);
    expect(adopted.jobId).toBe(handle.jobId);
    await until('running', async () => (await next.executor.status(test.batch, adopted)).state === 'running');
    await release(test);
    await untilEnded(test, adopted);
    expect((await test.begun()).sort()).toEqual([0, 1].map(test.stem));
  });

  it('says ended only when nothing of the batch can write any more', async () => {
    const { backend } = source();
    const test = await make([BUSY]);
    const handle = await backend.executor.submit(test.batch, context);
    await untilBegun(test, 1);
    await until('its beat', () => present(test.here('beat')));
    expect((await backend.executor.status(test.batch, handle)).state).not.toBe('ended');
    await release(test);
    await untilEnded(test, handle);
    await rm(test.here('beat'));
    await runAnother();
    expect(await present(test.here('beat'))).toBe(false);
  });

  it('lets a second copy of the script run nothing, in the middle and after the end', async () => {
    const { given, backend } = source();
    const test = await make([BUSY, 'true', 'true']);
    const copy = (): Promise<number> =>
      new Promise((resolve) => {
        const child = execFile('bash', [test.batch.paths.script], {
          env: { ...process.env, ...given.otherJob },
        });
        child.once('exit', (code) => {
          resolve(code ?? -1);
        });
      });
    const handle = await backend.executor.submit(test.batch, context);
    await untilBegun(test, 1);
    expect(await copy()).toBe(SCRIPT_EXITS.taken);
    await release(test);
    await untilEnded(test, handle);
    expect(await copy()).toBe(SCRIPT_EXITS.taken);
    expect((await test.begun()).sort()).toEqual([0, 1, 2].map(test.stem));
    expect((await journals(test)).copies).toHaveLength(1);
  });

  it('tells done, interrupted and never started apart when the processes are killed', async () => {
    const { given, backend } = source();
    const test = await make(['true', BUSY, BUSY, BUSY], { lanes: 1 });
    const handle = await backend.executor.submit(test.batch, context);
    await untilBegun(test, 2);
    await given.killProcesses(test, handle);
    const ended = await untilEnded(test, handle);
    expect(ended.cause).not.toBe('completed');
    expect(ended.message).not.toBe('');
    const journal = await journals(test);
    expect(journal.complete).toBe(false);
    expect(statuses(journal)).toEqual([[0, 0]]);
    const claimed = await Promise.all([0, 1, 2, 3].map((index) => present(test.file(index, 'log.txt'))));
    expect(claimed).toEqual([true, true, false, false]);
    // Submitting it again adopts the dead one: what never started belongs to a new key.
    expect((await backend.executor.submit(test.batch, context)).jobId).toBe(handle.jobId);
    await runAnother();
    expect(await test.begun()).toHaveLength(2);
  });
};
