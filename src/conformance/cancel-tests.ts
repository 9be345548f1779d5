import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import type { Backend } from '../batch/contract.js';
import { BUSY, context, present, type SuiteTools } from './tools.js';

/** What is cancelled ends, what stands behind a tombstone is never begun. */
export const cancelTests = ({
  source,
  make,
  untilEnded,
  journals,
  release,
  untilBegun,
  runAnother,
}: SuiteTools): void => {
  const cancels = async (cancelling: Backend, known: 'handle' | 'key'): Promise<void> => {
    const { backend } = source();
    const test = await make([BUSY, BUSY, BUSY, BUSY, BUSY, BUSY], { lanes: 2 });
    const handle = await backend.executor.submit(test.batch, context);
    await untilBegun(test, 1);
    await cancelling.executor.cancel(test.batch, known === 'handle' ? handle : null, context);
    await rm(test.here('beat'), { force: true });
    await cancelling.executor.cancel(test.batch, handle, context);
    expect(await untilEnded(test, handle)).toMatchObject({ cause: 'cancelled' });
    await runAnother();
    expect(await present(test.here('beat'))).toBe(false);
    expect((await test.begun()).length).toBeLessThanOrEqual(2);
    expect(await journals(test)).toMatchObject({ complete: false, ends: new Map() });
  };

  it('cancels a running batch, verified, and twice does no harm', () => cancels(source().backend, 'handle'));

  it('cancels by key alone, after a crash of the worker', () =>
    cancels(source().given.createBackend(), 'key'));

  it('never starts what was cancelled before it was submitted', async () => {
    const { backend } = source();
    const test = await make(['true']);
    await backend.executor.cancel(test.batch, null, context);
    // Whether submit then resolves or rejects is the executor's choice.
    await backend.executor.submit(test.batch, context).catch(() => undefined);
    await runAnother();
    expect(await test.begun()).toEqual([]);
  });

  it('starts nothing where a tombstone stands, whoever wrote it', async () => {
    const { backend } = source();
    const test = await make(['true']);
    await writeFile(test.batch.paths.tombstone, '');
    await backend.executor.submit(test.batch, context).catch(() => undefined);
    await runAnother();
    expect(await test.begun()).toEqual([]);
  });

  it('finds what was submitted behind a tombstone, running or ended, and starts nothing', async () => {
    const { given, backend } = source();
    const test = await make([BUSY]);
    const handle = await backend.executor.submit(test.batch, context);
    await untilBegun(test, 1);
    await writeFile(test.batch.paths.tombstone, '');
    const next = given.createBackend();
    expect((await next.executor.submit(test.batch, context)).jobId).toBe(handle.jobId);
    await release(test);
    await untilEnded(test, handle);
    expect((await given.createBackend().executor.submit(test.batch, context)).jobId).toBe(handle.jobId);
    expect(await test.begun()).toEqual([test.stem(0)]);
  });

  it.each(['an empty', 'no'])(
    'cancels by key where there is %s folder of the batch’s files',
    async (left) => {
      const { given, backend } = source();
      const test = await make([BUSY, BUSY], { lanes: 1 });
      const handle = await backend.executor.submit(test.batch, context);
      await untilBegun(test, 1);
      const own = dirname(test.batch.paths.intent);
      await rm(own, { recursive: true });
      if (left === 'an empty') await mkdir(own);
      // No path below a file can ever be read or written, whoever asks.
      else await writeFile(own, '');
      const report = await given.createBackend().executor.cancel(test.batch, handle, context);
      if (left === 'no') expect(report.uncertain).toContain(own);
      await rm(test.here('beat'), { force: true });
      await runAnother();
      expect(await present(test.here('beat'))).toBe(false);
      expect(await test.begun()).toEqual([test.stem(0)]);
    },
  );
};
