import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJournals } from '../../../src/batch/read-journals.js';
import type { Backend, ExecutorContext } from '../../../src/batch/contract.js';
import { hostFiles } from '../../../src/executors/local/folders.js';
import { createLocalBackend } from '../../../src/executors/local/index.js';
import { batchProcesses } from '../../../src/executors/local/process/processes.js';
import { makeBatch, type TestBatch } from '../../../src/conformance/batches.js';
import { until } from '../../support/until.js';

const LIMIT = 2;
const context: ExecutorContext = { signal: new AbortController().signal, note: () => undefined };
let folder: string;
let backend: Backend;

const create = (): Backend =>
  createLocalBackend({ stateDir: join(folder, 'state'), queue: 'q', maxUnits: LIMIT });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-sharing-'));
  backend = create();
});

const batches: TestBatch[] = [];
afterEach(async () => {
  for (const { batch } of batches.splice(0)) await backend.executor.cancel(batch, null, context);
  await rm(folder, { recursive: true, force: true });
});

/** Units that put their start and end on one record for all batches. */
const make = async (key: string, run: string, units: number, pause = '0.02'): Promise<TestBatch> => {
  const unit = `echo +${key} >>$here/../units; sleep ${pause}; echo -${key} >>$here/../units`;
  const test = await makeBatch({ backend, folder, key, units: Array.from({ length: units }, () => unit) });
  test.batch.runUuid = run;
  batches.push(test);
  return test;
};

/** Submits from a worker of its own, which is killed then. */
const submitAndDie = async (tests: TestBatch[]): Promise<void> => {
  const index = fileURLToPath(new URL('../../../src/executors/local/index.ts', import.meta.url));
  const program = join(folder, 'worker.mts');
  await writeFile(
    program,
    `import { createLocalBackend } from ${JSON.stringify(index)};
     const { executor } = createLocalBackend({ stateDir: ${JSON.stringify(join(folder, 'state'))}, queue: 'q', maxUnits: ${LIMIT} });
     const context = { signal: new AbortController().signal, note: () => undefined };
     for (const batch of ${JSON.stringify(tests.map(({ batch }) => batch))}) await executor.submit(batch, context);
     process.send?.('submitted');
     setInterval(() => undefined, 1000);`,
  );
  const worker = fork(program, { execArgv: ['--import', 'tsx'] });
  await once(worker, 'message');
  worker.kill('SIGKILL');
  await once(worker, 'exit');
};

const events = async (): Promise<string[]> =>
  (await readFile(join(folder, 'units'), 'utf8')).trimEnd().split('\n');
const mostAtOnce = async (): Promise<number> => {
  let now = 0;
  let most = 0;
  for (const event of await events()) {
    now += event.startsWith('+') ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
};
const complete = async ({ batch }: TestBatch): Promise<boolean> =>
  (await readJournals(batch.paths.journalPrefix)).complete;
const untilComplete = (test: TestBatch): Promise<void> =>
  until(`the end of ${test.batch.key}`, () => complete(test));

describe('units at once on a host', () => {
  it('never exceed the limit, however many batches and runs there are', async () => {
    const tests = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key, i) => make(key, `run${i % 3}`, 12)));
    await Promise.all(tests.map(({ batch }) => backend.executor.submit(batch, context)));
    await Promise.all(tests.map(untilComplete));
    expect(await mostAtOnce()).toBe(LIMIT);
    expect(await events()).toHaveLength(2 * 5 * 12);
  });

  it('are shared: a short run does not wait for the end of a long one', async () => {
    const long = await make('long', 'run1', 100_000, '0.01');
    const short = await make('short', 'run2', 5);
    await backend.executor.submit(long.batch, context);
    await until('the long run', async () => (await long.begun()).length > 4);
    await backend.executor.submit(short.batch, context);
    await untilComplete(short);
    expect(await complete(long)).toBe(false);
    expect(await mostAtOnce()).toBe(LIMIT);
  });

  it('keep to the limit when a new worker takes over, which counts what runs before it grants anything', async () => {
    const first = await make('first', 'run1', 40);
    await backend.executor.submit(first.batch, context);
    await until('a full host', async () => (await first.begun()).length >= LIMIT);
    backend = create();
    const second = await make('second', 'run2', 10);
    await backend.executor.submit(second.batch, context);
    await Promise.all([first, second].map(untilComplete));
    expect(await mostAtOnce()).toBe(LIMIT);
  });

  it('reach a batch that waited when the worker died, although nobody tells the new one of the end of the other', async () => {
    const busy = 'while ! [ -e $here/go ]; do sleep 0.02; done';
    const long = await makeBatch({ backend, folder, key: 'long', units: [busy, busy] });
    long.batch.runUuid = 'run1';
    batches.push(long);
    const waiting = await make('waiting', 'run1', 4);
    await submitAndDie([long, waiting]);
    await until('a full host', async () => (await long.begun()).length === LIMIT);
    for (const { batch } of [waiting, long]) await backend.executor.submit(batch, context);
    await writeFile(long.here('go'), '');
    await untilComplete(waiting);
  });

  it('leave no script behind that waits for them, once its worker was killed and its run removed', async () => {
    const busy = 'while ! [ -e $here/go ]; do sleep 0.02; done';
    const long = await makeBatch({ backend, folder, key: 'long', units: [busy, busy] });
    long.batch.runUuid = 'run1';
    batches.push(long);
    const waiting = await make('waiting', 'run1', 4);
    await submitAndDie([long, waiting]);
    await until('a full host', async () => (await long.begun()).length === LIMIT);
    // As after a minute without a worker.
    const { width, lock } = hostFiles(join(folder, 'state'), 'q', 'waiting');
    expect(await readFile(width, 'utf8')).toMatch(/^0\n\d/);
    await writeFile(width, '0\n1.00\n');
    await rm(waiting.here('.'), { recursive: true });
    await until('the end of the script', async () => (await batchProcesses('waiting', lock)).length === 0);
    await writeFile(long.here('go'), '');
    await untilComplete(long);
  });

  it('are not counted for a batch that was killed', async () => {
    const killed = await make('killed', 'run1', 4, '600');
    const next = await make('next', 'run2', 4);
    const { jobId } = await backend.executor.submit(killed.batch, context);
    await until('a full host', async () => (await killed.begun()).length === LIMIT);
    await backend.executor.submit(next.batch, context);
    expect(await backend.executor.status(next.batch, { jobId: '0', facts: {} })).toMatchObject({
      state: 'pending',
    });
    process.kill(Number(jobId), 'SIGKILL');
    await backend.executor.cancel(killed.batch, null, context);
    await untilComplete(next);
  });
});

describe('status', () => {
  it('knows a batch that has been through a restart of the host', async () => {
    const test = await make('a', 'run', 1, '600');
    const handle = await backend.executor.submit(test.batch, context);
    await until('the unit', async () => (await test.begun()).length === 1);
    await backend.executor.cancel(test.batch, handle, context);
    await rm(test.batch.paths.tombstone);
    expect(await backend.executor.status(test.batch, handle)).toMatchObject({ cause: 'signal' });
    const intent = JSON.parse(await readFile(test.batch.paths.intent, 'utf8')) as object;
    await writeFile(test.batch.paths.intent, JSON.stringify({ ...intent, boot_id: 'another' }));
    expect(await backend.executor.status(test.batch, handle)).toMatchObject({
      state: 'ended',
      cause: 'node',
    });
  });

  it('touches nothing of another host', async () => {
    const test = await make('a', 'run', 1);
    const elsewhere = createLocalBackend({
      stateDir: join(folder, 'other'),
      queue: 'q',
      maxUnits: 1,
      host: 'node2',
    });
    const handle = await backend.executor.submit(test.batch, context);
    await untilComplete(test);
    await expect(elsewhere.executor.submit(test.batch, context)).rejects.toMatchObject({
      name: 'WrongWorker',
    });
    await expect(elsewhere.executor.status(test.batch, handle)).rejects.toThrow('on host');
    await expect(elsewhere.executor.cancel(test.batch, handle, context)).rejects.toThrow('node2');
  });
});
