/**
 * What every executor must do (docs/writing-a-backend.md): call `describeExecutor` in a test file of your backend.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/executors/contract.js';
import { makeBatch } from './batches.js';
import {
  context,
  present,
  statuses,
  suiteTools,
  type ConformanceOptions,
  type ConformanceSetup,
} from './suite-tools.js';

export type { ConformanceOptions, ConformanceSetup } from './suite-tools.js';

/** Runs until $here/go exists, which `beat` shows in the meantime. */
const BUSY = 'while ! [ -e $here/go ]; do : >$here/beat; sleep 0.02; done';

export const describeExecutor = (
  name: string,
  setup: () => Promise<ConformanceSetup>,
  { patienceMs = 60_000, bigBatchUnits = 2_000 }: ConformanceOptions = {},
): void => {
  describe(`${name}: executor conformance`, () => {
    let given: ConformanceSetup;
    let backend: Backend;

    beforeAll(async () => {
      given = await setup();
      backend = given.createBackend();
    });
    afterAll(async () => {
      await given.dispose();
    });

    const { make, until, untilEnded, journals, runToEnd, release, untilBegun, runAnother } = suiteTools(
      () => ({ given, backend }),
      patienceMs,
    );

    it('runs every unit once, with its arguments, output and log, and closes the journal', async () => {
      const test = await make(['echo out; echo err >&2; cat; cp $args $out', 'pwd; exit 0', 'echo last']);
      const { ended, journal } = await runToEnd(test);
      expect(ended).toMatchObject({ state: 'ended', cause: 'completed' });
      expect(journal).toMatchObject({ complete: true, notExecutable: false });
      expect(statuses(journal)).toEqual([
        [0, 0],
        [1, 0],
        [2, 0],
      ]);
      expect([...journal.ends.values()].map((end) => end.wroteOutput)).toEqual(
        [...journal.ends.keys()].map((index) => index === 0),
      );
      expect((await test.begun()).sort()).toEqual([0, 1, 2].map(test.stem));
      expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe('out\nerr\n');
      expect(await readFile(test.file(1, 'log.txt'), 'utf8')).toBe(`${test.batch.workingDir}\n`);
      expect(JSON.parse(await readFile(test.file(0, 'metadiff.json'), 'utf8'))).toEqual({
        run: 'echo out; echo err >&2; cat; cp $args $out',
      });
    });

    it('keeps exit codes and signals apart, and goes on after a failure', async () => {
      const test = await make(['exit 3', 'kill -9 $$', 'kill -15 $$', 'exit 126', 'exit 0']);
      const { journal } = await runToEnd(test);
      expect(journal.complete).toBe(true);
      expect(statuses(journal)).toEqual([
        [0, 3],
        [1, 128 + 9],
        [2, 128 + 15],
        [3, 126],
        [4, 0],
      ]);
    });

    it('passes paths and arguments on as they are', async () => {
      const words = [
        'two words',
        `it's "quoted"`,
        '$HOME `id` \\ * ; & %j',
        'tab\tand\nnewline',
        'Zürich 山',
      ];
      const value = { text: `${words.join(' ')} \u0000\u2028`, url: '/data/a b/ü.zarr' };
      const folder = `/${words[0] ?? ''} it's $HOME ünï`;
      const key = `key-${randomUUID()}`;
      const at = `${given.folder}${folder}`;
      const test = await makeBatch({
        ...{ backend, folder: at, key, args: { value }, units: ['cp $args $out'] },
        command: ['sh', '-c', 'for word; do printf "<%s>" "$word"; done', 'sh', ...words],
        ...(given.share ? { share: given.share.bind(given) } : {}),
      });
      const { journal } = await runToEnd(test);
      expect(statuses(journal)).toEqual([[0, 0]]);
      const args = test.file(0, 'args.json');
      const expected = [...words, '--args-json', args, '--out-json', test.file(0, 'metadiff.json')];
      expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe(
        expected.map((word) => `<${word}>`).join(''),
      );
      expect(JSON.parse(await readFile(args, 'utf8'))).toEqual({ value, run: 'cp $args $out' });
    });

    it('submits a key once, however often and by whomever it is submitted', async () => {
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
      const test = await make([BUSY, 'true']);
      const handle = await backend.executor.submit(test.batch, context);
      await untilBegun(test, 1);
      const next = given.createBackend();
      const adopted = await next.executor.submit(test.batch, context);
      expect(adopted.jobId).toBe(handle.jobId);
      await until(
        'running',
        async () => (await next.executor.status(test.batch, adopted)).state === 'running',
      );
      await release(test);
      await untilEnded(test, adopted);
      expect((await test.begun()).sort()).toEqual([0, 1].map(test.stem));
    });

    it('says ended only when nothing of the batch can write any more', async () => {
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

    const cancels = async (cancelling: Backend, known: 'handle' | 'key'): Promise<void> => {
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

    it('cancels a running batch, verified, and twice does no harm', () => cancels(backend, 'handle'));

    it('cancels by key alone, after a crash of the worker', () => cancels(given.createBackend(), 'key'));

    it('never starts what was cancelled before it was submitted', async () => {
      const test = await make(['true']);
      await backend.executor.cancel(test.batch, null, context);
      // Whether submit then resolves or rejects is the executor's choice.
      await backend.executor.submit(test.batch, context).catch(() => undefined);
      await runAnother();
      expect(await test.begun()).toEqual([]);
    });

    it('starts nothing where a tombstone stands, whoever wrote it', async () => {
      const test = await make(['true']);
      await writeFile(test.batch.paths.tombstone, '');
      await backend.executor.submit(test.batch, context).catch(() => undefined);
      await runAnother();
      expect(await test.begun()).toEqual([]);
    });

    it('finds what was submitted behind a tombstone, running or ended, and starts nothing', async () => {
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

    it('lets a second copy of the script run nothing, in the middle and after the end', async () => {
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
      // 90: another copy has the batch (docs/batch-script.md).
      expect(await copy()).toBe(90);
      await release(test);
      await untilEnded(test, handle);
      expect(await copy()).toBe(90);
      expect((await test.begun()).sort()).toEqual([0, 1, 2].map(test.stem));
      expect((await journals(test)).copies).toHaveLength(1);
    });

    it('tells done, interrupted and never started apart when the processes are killed', async () => {
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

    it('says so when the command cannot be executed, and begins nothing', async () => {
      const test = await make(['true', 'true'], { command: ['/nonexistent/task', 'x'] });
      const { journal } = await runToEnd(test);
      expect(journal).toMatchObject({ complete: true, notExecutable: true, ends: new Map() });
      expect(await present(test.file(0, 'log.txt'))).toBe(false);
    });

    it(`runs ${bigBatchUnits} units`, async () => {
      const units = Array.from({ length: bigBatchUnits }, () => 'true');
      const test = await make(units, { command: ['true'] });
      const { journal } = await runToEnd(test);
      expect(journal.complete).toBe(true);
      expect(statuses(journal)).toEqual(units.map((_, index): [number, number] => [index, 0]));
    });
  });
};
