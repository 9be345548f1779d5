import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import { WrongWorker } from '../../../src/batch/errors.js';
import type { Backend, Executor } from '../../../src/batch/contract.js';
import { readEvidence } from '../../../src/state/evidence-file.js';
import { batchPaths, evidencePath } from '../../../src/state/paths.js';
import type { CancelBatchesInput, CancelledBatches } from '../../../src/wire/activities.js';
import { until } from '../../support/until.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-cancel-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A run none of whose files can be read. */
const input = (batches: number): CancelBatchesInput => ({
  run: {
    ...{ dir: join(folder, 'gone'), uuid: '0123456789abcdef0123456789abcdef', workflow_id: 'w' },
    request: { path: join(folder, 'gone', 'request.json'), sha256: '' },
  },
  ...{ position: 0, workflow_name: 'W', order: 3, task_name: 'T', reason: 'cancelled' },
  stages: [
    {
      ...{ stage: 'first', component: 'parallel', task_dir: join(folder, 'gone', '3_t') },
      plan: { path: join(folder, 'gone', 'plan.json'), sha256: '' },
      batches: Array.from({ length: batches }, (_, batch) => ({ batch, try: 1 })),
    },
  ],
});

const run = (cancel: Executor['cancel'], batches: number, scheduledTimestampMs = 0) => {
  const backend = { name: 'slurm', lateFilesMs: 0, executor: { cancel } } as unknown as Backend;
  const { cancelBatches } = createActivities({
    ...{ backend, permanentPatienceMs: 0 },
    knownSearchAttributes: () => Promise.resolve([]),
    server: { id: 's', namespace: 'default', address: null, kind: 'given', home: null, host: 'h' },
  });
  const environment = new MockActivityEnvironment({ scheduledTimestampMs });
  const words: string[] = [];
  environment.on('heartbeat', (details: { reason: string | null } | undefined) => {
    if (details?.reason) words.push(details.reason);
  });
  const ended = environment.run(cancelBatches, input(batches)) as Promise<CancelledBatches>;
  return { words, ended };
};

it('finds batches by the names of the input alone, and says what could not be kept', async () => {
  const names: string[] = [];
  const { ended } = run(({ jobName }) => {
    names.push(jobName);
    return Promise.resolve({ jobIds: ['7'], uncertain: null });
  }, 2);
  const { uncertain } = await ended;
  expect(names).toEqual([
    expect.stringMatching(/0123456789abcdef-000f-000000-1$/),
    expect.stringMatching(/0123456789abcdef-000f-000001-1$/),
  ]);
  expect(uncertain).toEqual([
    expect.stringContaining(join(folder, 'gone', 'plan.json')),
    expect.stringContaining('batch 2'),
  ]);
});

it('names a few and counts the rest', async () => {
  const { ended } = run(() => Promise.resolve({ jobIds: [], uncertain: 'its job may still run' }), 20);
  const { uncertain } = await ended;
  expect(uncertain).toHaveLength(6);
  expect(uncertain[5]).toBe('and 15 more');
});

it('tells what it waits for while a scheduler does not let go', async () => {
  let letGo = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const { words, ended } = run(async (_batch, _handle, { note }) => {
    note('job 7 is COMPLETING for 300 s');
    await hanging;
    return { jobIds: ['7'], uncertain: null };
  }, 3);
  await until('the words', () =>
    Promise.resolve(words.some((line) => line.includes('COMPLETING for 300 s'))),
  );
  expect(words.at(-1)).toMatch(/^0 of 3 batches ended\. batch \d: job 7/);
  letGo();
  await ended;
});

it('leaves a batch of another host to a worker from there, and goes on without when none comes', async () => {
  const elsewhere = () => Promise.reject(new WrongWorker('batch b belongs to ann on host h1'));
  await expect(run(elsewhere, 1, Date.now()).ended).rejects.toMatchObject({
    ...{ type: 'WrongWorker', nonRetryable: false },
  });
  const { uncertain } = await run(elsewhere, 1, Date.now() - 3_600_000).ended;
  expect(uncertain[0]).toContain('belongs to ann on host h1; its processes or jobs may still run');
});

it('keeps the job ids of a batch whose units can never be read', async () => {
  const { run: about } = input(1);
  const key = '0123456789abcdef-000f-000000-1';
  const paths = batchPaths('', about.dir, '', key, '', 'slurm');
  await mkdir(dirname(paths.owner), { recursive: true });
  await writeFile(paths.owner, '7\n');
  await writeFile(`${paths.journalPrefix}7-0.journal`, `J 1 ${key} 7 0 n1 1700000000 10 .\n`);
  await run(() => Promise.resolve({ jobIds: ['6'], uncertain: null }), 1).ended;
  const { header } = await readEvidence(evidencePath(about.dir, key));
  expect(header).toMatchObject({ job_ids: ['6', '7'], told_job: '7', journalled: true });
  expect(header.unreadable).toContain('plan.json');
});
