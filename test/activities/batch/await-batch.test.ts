import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { awaitBatch } from '../../../src/activities/batch/await-batch.js';
import type { Backend, Batch, BatchStatus } from '../../../src/batch/contract.js';
import { saidEnd } from '../../outcomes/evidence.js';

// The limits themselves are minutes; what counts here is what they are compared with.
vi.mock('../../../src/activities/tunables.js', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  ...{ LAST_WORD_WAIT_MS: 50, LATE_FILE_LOOK_MS: 5 },
}));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-await-'));
});
afterEach(() => rm(folder, { recursive: true }));

const closedWith = (status: number): Promise<void> =>
  writeFile(
    join(folder, 'journal-7-0.journal'),
    `J 1 k 7 0 host 100.0 10.0 .\nE 0 ${status} 11.0 12.0 0 .\nC .\n`,
  );

const wait = (answer: (asked: number) => BatchStatus): Promise<unknown> => {
  let asked = 0;
  const batch = { unitCount: 1, paths: { journalPrefix: join(folder, 'journal-') } } as Batch;
  const status = (): Promise<BatchStatus> => {
    asked += 1;
    return Promise.resolve(answer(asked));
  };
  const backend = { lateFilesMs: 0, executor: { status } } as unknown as Backend;
  const { signal } = new AbortController();
  return awaitBatch(
    backend,
    batch,
    { jobId: '7', facts: {} },
    { signal, show: () => undefined, looked: () => undefined, lastLines: () => undefined },
  );
};

it('asks nobody where the journal says all', async () => {
  await closedWith(3);
  expect(await wait(() => expect.unreachable())).toBeNull();
});

it('a kill in a complete journal is waited over until the scheduler has said why, as long as it answers', async () => {
  await closedWith(137);
  const memory = saidEnd('out_of_memory');
  // Many times the patience with a scheduler that says nothing.
  const answer = (asked: number): BatchStatus =>
    asked < 100 ? { state: 'running', node: 'n1' } : { state: 'ended', ...memory };
  expect(await wait(answer)).toEqual(memory);
});

it('answers in between give it its patience back; silence that lasts does not', async () => {
  await closedWith(137);
  const silent: BatchStatus = { state: 'unknown', reason: 'no answer' };
  expect(await wait(() => silent)).toBeNull();
  const memory = saidEnd('out_of_memory');
  const now = (asked: number): BatchStatus =>
    asked === 40
      ? { state: 'ended', ...memory }
      : asked % 3 === 0
        ? { state: 'running', node: null }
        : silent;
  expect(await wait(now)).toEqual(memory);
});
