/** A worker whose host's files lie elsewhere, are gone, or are damaged (docs/local.md). */
import { access, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJournals } from '../../../src/batch/read-journals.js';
import type { Backend, BatchStatus, ExecutorContext } from '../../../src/batch/contract.js';
import { hostFiles } from '../../../src/executors/local/folders.js';
import { createLocalBackend } from '../../../src/executors/local/index.js';
import { batchProcesses, signalProcess } from '../../../src/executors/local/process/processes.js';
import { makeBatch, type TestBatch } from '../../../src/conformance/batches.js';
import { until } from '../../support/until.js';

const BUSY = 'while ! [ -e $here/go ]; do sleep 0.02; done';
const context: ExecutorContext = { signal: new AbortController().signal, note: () => undefined };
const asked = { jobId: '0', facts: {} };
let folder: string;
let first: Backend;

/** A worker with the folder `name` for its host's files. */
const worker = (name: string): Backend =>
  createLocalBackend({ stateDir: join(folder, name), queue: 'q', maxUnits: 2 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-host-files-'));
  first = worker('state');
});

const batches: TestBatch[] = [];
const kill = async ({ batch }: TestBatch): Promise<void> => {
  await until(`the end of ${batch.key}`, async () => {
    const pids = await batchProcesses(batch.key, hostFiles(join(folder, 'state'), 'q', batch.key).lock);
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    return pids.length === 0;
  });
};
afterEach(async () => {
  for (const test of batches.splice(0)) await kill(test);
  await rm(folder, { recursive: true, force: true });
});

const make = async (key: string, units: string[]): Promise<TestBatch> => {
  const test = await makeBatch({ backend: first, folder, key, units });
  test.batch.runUuid = key;
  batches.push(test);
  return test;
};
/** Submitted by the first worker, both units running. */
const running = async (key = 'busy'): Promise<TestBatch> => {
  const test = await make(key, [BUSY, BUSY, BUSY]);
  await first.executor.submit(test.batch, context);
  await until('two units', async () => (await test.begun()).length === 2);
  return test;
};
const untilEnded = async (backend: Backend, test: TestBatch): Promise<BatchStatus> => {
  let status: BatchStatus = { state: 'unknown', reason: '' };
  await until(`the end of ${test.batch.key}`, async () => {
    status = await backend.executor.status(test.batch, asked);
    return status.state === 'ended';
  });
  return status;
};
const complete = async ({ batch }: TestBatch): Promise<boolean> =>
  (await readJournals(batch.paths.journalPrefix)).complete;

describe('a worker with another folder for its host’s files', () => {
  it('finds a running batch by the lock that its intent names, and sees its end', async () => {
    const test = await running();
    const next = worker('elsewhere');
    const { jobId } = await next.executor.submit(test.batch, context);
    expect(jobId).toBe((await readFile(test.batch.paths.owner, 'utf8')).trim());
    expect(await next.executor.status(test.batch, asked)).toMatchObject({ state: 'running' });
    await writeFile(test.here('go'), '');
    expect(await untilEnded(next, test)).toMatchObject({ cause: 'completed' });
    expect((await test.begun()).sort()).toEqual([0, 1, 2].map(test.stem));
  });

  it('raises the width of a batch that waited under the first', async () => {
    const busy = await running();
    const waits = await make('waits', ['true', 'true']);
    waits.batch.runUuid = 'busy';
    await first.executor.submit(waits.batch, context);
    const next = worker('elsewhere');
    for (const { batch } of [busy, waits]) await next.executor.submit(batch, context);
    first = next;
    await writeFile(busy.here('go'), '');
    await until('the end of both', async () => (await complete(busy)) && (await complete(waits)));
  });

  it('cancels it', async () => {
    const test = await running();
    const { jobIds, uncertain } = await worker('elsewhere').executor.cancel(test.batch, null, context);
    expect(jobIds).toHaveLength(1);
    expect(uncertain).toBeNull();
    expect(await batchProcesses(test.batch.key, '/nonexistent')).toEqual([]);
  });

  it('finds one whose intent is from before the lock was on record', async () => {
    const test = await running();
    const intent = JSON.parse(await readFile(test.batch.paths.intent, 'utf8')) as Record<string, unknown>;
    const { host, user, boot_id } = intent;
    await writeFile(test.batch.paths.intent, JSON.stringify({ host, user, boot_id }));
    const next = worker('elsewhere');
    expect(await next.executor.status(test.batch, asked)).toMatchObject({ state: 'running' });
    await kill(test);
    expect(await next.executor.status(test.batch, asked)).toMatchObject({ state: 'ended', cause: 'node' });
  });
});

describe('the host’s files, cleaned away under a running batch', () => {
  it('do not make it one that has ended', async () => {
    const test = await running();
    await rm(join(folder, 'state'), { recursive: true });
    const next = worker('state');
    expect(await next.executor.status(test.batch, asked)).toMatchObject({ state: 'running' });
    await next.executor.submit(test.batch, context);
    await writeFile(test.here('go'), '');
    expect(await untilEnded(next, test)).toMatchObject({ cause: 'completed' });
    expect(await test.begun()).toHaveLength(3);
  });
});

describe('files that a loss of power or a full disk has emptied', () => {
  it('owner of a batch that came no further: it has ended, by the file’s name', async () => {
    const test = await make('empty', ['true']);
    await writeFile(test.batch.paths.intent, '{}');
    await writeFile(test.batch.paths.owner, '');
    const handle = await first.executor.submit(test.batch, context);
    const status = await first.executor.status(test.batch, handle);
    expect(status).toMatchObject({ state: 'ended', cause: 'node' });
    expect(JSON.stringify(status)).toContain(test.batch.paths.owner);
    expect(await test.begun()).toEqual([]);
  });

  it('owner of a batch that has run: its journal tells the rest', async () => {
    const test = await make('lost', ['true']);
    const { jobId } = await first.executor.submit(test.batch, context);
    await until('its end', () => complete(test));
    await truncate(test.batch.paths.owner);
    const next = worker('state');
    expect(await next.executor.submit(test.batch, context)).toMatchObject({ jobId });
    expect(await next.executor.status(test.batch, asked)).toMatchObject({ cause: 'completed' });
    expect(await test.begun()).toHaveLength(1);
  });

  it('intent: it still says that somebody has submitted the batch', async () => {
    const test = await running();
    await truncate(test.batch.paths.intent);
    const next = worker('state');
    expect(await next.executor.submit(test.batch, context)).toMatchObject({
      jobId: (await readFile(test.batch.paths.owner, 'utf8')).trim(),
    });
    expect(await next.executor.status(test.batch, asked)).toMatchObject({ state: 'running' });
    await next.executor.cancel(test.batch, null, context);
    expect(await next.executor.status(test.batch, asked)).toMatchObject({ cause: 'cancelled' });
  });

  it('batch.json of another batch: named, passed over, and what lives is counted all the same', async () => {
    const test = await running();
    const entry = hostFiles(join(folder, 'state'), 'q', 'busy').entry;
    await truncate(entry);
    const other = await make('other', ['true']);
    other.batch.runUuid = 'busy';
    const notes: string[] = [];
    const next = worker('state');
    const submitting = next.executor.submit(other.batch, { ...context, note: (line) => notes.push(line) });
    await submitting;
    expect(notes.join()).toContain(entry);
    expect(await next.executor.status(other.batch, asked)).toMatchObject({ state: 'pending' });
    await next.executor.submit(test.batch, context);
    expect(JSON.parse(await readFile(entry, 'utf8'))).toMatchObject({ key: 'busy', lanes: 2 });
    await writeFile(test.here('go'), '');
    await until('the end of both', async () => (await complete(test)) && (await complete(other)));
  });
});

describe('cancel', () => {
  it('ends what runs of a run that somebody has removed, and does not make its folder anew', async () => {
    const test = await running();
    await rm(test.here('.'), { recursive: true });
    const { uncertain } = await worker('state').executor.cancel(test.batch, null, context);
    expect(uncertain).toContain(test.here('.runner'));
    expect(await batchProcesses(test.batch.key, '/nonexistent')).toEqual([]);
    await expect(access(test.here('.'))).rejects.toThrow('ENOENT');
  });

  it('ends what runs and says so when the run’s folder can never be read or written', async () => {
    const test = await running();
    // A file where the folder was: every path below it is ENOTDIR.
    await rm(test.here('.runner'), { recursive: true });
    await writeFile(test.here('.runner'), '');
    const { uncertain } = await worker('state').executor.cancel(test.batch, null, context);
    expect(uncertain).toContain(test.here('.runner'));
    expect(await batchProcesses(test.batch.key, '/nonexistent')).toEqual([]);
  });
});
