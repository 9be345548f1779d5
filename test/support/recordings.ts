/** The runs whose histories are recorded: one per way through the workflow. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunHandle } from '../../src/client/index.js';
import type { PlayedEnd } from '../model/task/ends.js';
import type { Harness } from './harness.js';
import { ask, refusal, untilStatus } from './operator.js';
import { listOf, zarrUrl, type TaskSpec } from './scripted-requests.js';

export interface Recording {
  /** Name of the file under test/histories. */
  name: string;
  /** The server suggests to continue as new after few events. */
  shortHistories?: boolean;
  /** With a codec and the keys of keys.ts. */
  encrypted?: boolean;
  /** Units are played, and tries end as the meta of their task says (test/model). */
  played?: boolean;
  /** Of a run that continued as new: its first history (the default) or its last. */
  record?: 'first' | 'last';
  /** What is recorded is how this file of the run is read from afar when it is over. */
  reads?: string;
  tasks(dir: string): TaskSpec[];
  images?: string[];
  /** Tasks of the run that it goes on from. */
  earlier?(dir: string): TaskSpec[];
  /** Over the request. */
  extra?: Record<string, unknown>;
  /** What happens while the run goes on. */
  meanwhile?(context: MeanwhileContext): Promise<void>;
}

export interface MeanwhileContext {
  harness: Harness;
  workflowId: string;
  dir: string;
  /** From now on the second key encrypts. */
  rotateKeys(): void;
  /** Resolves when the file is there. */
  until(path: string): Promise<void>;
}

const waits = (dir: string): Record<string, unknown> => ({ wait_for: join(dir, 'go') });

const twoTasks: Recording['tasks'] = (dir) => [
  {
    type: 'compound',
    script: { '*': { write: listOf({ zarr_url: zarrUrl(dir, 'a') }) } },
    output_types: { projected: true },
  },
  { type: 'parallel' },
];

/** Ten batches of one unit each: the history is long enough in the middle of a task. */
const continued: Pick<Recording, 'shortHistories' | 'images' | 'tasks'> = {
  shortHistories: true,
  images: Array.from({ length: 10 }, (_, index) => `image${index}`),
  tasks: () => [{ type: 'parallel', output_types: { seen: true } }, { type: 'parallel' }],
};

const cancelled: Pick<Recording, 'images' | 'tasks' | 'meanwhile'> = {
  images: ['a', 'b'],
  tasks: (dir) => [{ type: 'parallel', runs_file: join(dir, 'runs'), script: { '*': waits(dir) } }],
  meanwhile: async ({ harness, workflowId, dir, until }) => {
    await until(join(dir, 'runs'));
    await harness.get(workflowId).cancel();
  },
};

/** One unit fails as long as the file `broken` is there. */
const held: Pick<Recording, 'images' | 'extra' | 'tasks'> = {
  images: ['a', 'b'],
  extra: { recovery: { on_failure: 'wait' } },
  tasks: (dir) => [
    {
      type: 'parallel',
      script: { [zarrUrl(dir, 'b')]: { wait_for: join(dir, 'ready'), fail_while: join(dir, 'broken') } },
    },
    { type: 'parallel' },
  ],
};

/** One unit has ended, the second asks for too much, the third never began: it runs again as it was. */
const outOfMemory: PlayedEnd = {
  ...{ word: 'out_of_memory', node: 'n1', ended: 1, running: 1 },
  ...{ left: 'SIGKILL', silent: false, unknown: false },
};

const untilHeld = async ({ harness, workflowId, dir }: MeanwhileContext): Promise<RunHandle> => {
  await writeFile(join(dir, 'broken'), '');
  await writeFile(join(dir, 'ready'), '');
  const run = harness.get(workflowId);
  await untilStatus(run, 'held');
  return run;
};

/**
 * Those without a suffix are from 0.1: state with an entry a batch, cancellations with references to files. They stay as
 * they were recorded; `-counted` and `-by-names` are the same ways since.
 */
export const recordings: Recording[] = [
  { name: 'success', images: ['a', 'b'], tasks: twoTasks },
  { name: 'file-read-from-afar', images: ['a'], tasks: () => [{ type: 'parallel' }], reads: 'result.json' },
  {
    name: 'task-execution-error',
    images: ['a', 'b'],
    tasks: (dir) => [
      { type: 'parallel', script: { [zarrUrl(dir, 'b')]: { exit: 1 } } },
      { type: 'parallel' },
    ],
  },
  {
    name: 'job-execution-error',
    images: ['a'],
    tasks: () => [{ type: 'parallel', script: { '*': { signal: 'SIGKILL' } } }],
  },
  {
    name: 'empty-image-list',
    images: ['a'],
    tasks: () => [{ type: 'parallel', input_types: { none: true } }],
  },
  { name: 'cancelled', ...cancelled },
  { name: 'cancelled-by-names', ...cancelled },
  {
    name: 'continued-from',
    images: ['a', 'b'],
    earlier: (dir) => [
      { type: 'parallel' },
      { type: 'parallel', script: { [zarrUrl(dir, 'b')]: { exit: 1 } } },
      { type: 'parallel' },
    ],
    tasks: () => [{ type: 'parallel' }, { type: 'parallel' }, { type: 'parallel' }],
  },
  { name: 'continued-as-new', ...continued, record: 'first' },
  { name: 'after-continue-as-new', ...continued, record: 'last' },
  { name: 'after-continue-as-new-counted', ...continued, record: 'last' },
  {
    name: 'encrypted-task-execution-error',
    encrypted: true,
    images: ['a'],
    tasks: () => [{ type: 'parallel', script: { '*': { exit: 1 } } }],
  },
  {
    name: 'encrypted-rotated',
    encrypted: true,
    images: ['a'],
    tasks: (dir) => [
      { type: 'parallel', runs_file: join(dir, 'runs'), script: { '*': waits(dir) } },
      { type: 'parallel' },
    ],
    meanwhile: async ({ dir, rotateKeys, until }) => {
      await until(join(dir, 'runs'));
      rotateKeys();
      await writeFile(join(dir, 'go'), '');
    },
  },
  {
    name: 'parts-of-a-try',
    played: true,
    images: ['a', 'b', 'c'],
    extra: { recovery: { memory: { tries: 1 } } },
    tasks: () => [{ type: 'parallel', meta: { ends: { '0': [outOfMemory] } } }, { type: 'parallel' }],
  },
  {
    name: 'without-failed-images',
    images: ['a', 'b'],
    extra: { recovery: { on_failure: 'continue' } },
    tasks: (dir) => [
      { type: 'parallel', script: { [zarrUrl(dir, 'b')]: { exit: 1 } } },
      { type: 'parallel' },
    ],
  },
  {
    name: 'held',
    ...held,
    meanwhile: async (context) => {
      const run = await untilHeld(context);
      await refusal(ask(run, 'resume', {}));
      await refusal(ask(run, 'retry', { units: [0] }));
      await ask(run, 'stop', {});
    },
  },
  {
    name: 'retried',
    ...held,
    meanwhile: async (context) => {
      const run = await untilHeld(context);
      await ask(run, 'retry', {});
      await untilStatus(run, 'held');
      await rm(join(context.dir, 'broken'));
      await ask(run, 'retry', { units: [1], meta: { mem: '8G' } });
    },
  },
  {
    name: 'skipped',
    ...held,
    meanwhile: async (context) => {
      await ask(await untilHeld(context), 'skip', { units: [1] });
    },
  },
  {
    name: 'paused',
    images: ['a', 'b'],
    tasks: (dir) => [
      {
        type: 'parallel',
        runs_file: join(dir, 'runs'),
        meta: { parallel_tasks_per_job: 1 },
        script: { [zarrUrl(dir, 'a')]: waits(dir) },
      },
      { type: 'parallel' },
    ],
    meanwhile: async ({ harness, workflowId, dir, until }) => {
      await until(join(dir, 'runs'));
      const run = harness.get(workflowId);
      await ask(run, 'pause', { now: true });
      await writeFile(join(dir, 'go'), '');
      await untilStatus(run, 'paused');
      await ask(run, 'resume', {});
    },
  },
  {
    name: 'stopped-while-paused',
    images: ['a'],
    tasks: (dir) => [
      { type: 'parallel', runs_file: join(dir, 'runs'), script: { '*': waits(dir) } },
      { type: 'parallel' },
    ],
    meanwhile: async ({ harness, workflowId, dir, until }) => {
      await until(join(dir, 'runs'));
      const run = harness.get(workflowId);
      await ask(run, 'pause', {});
      await writeFile(join(dir, 'go'), '');
      await untilStatus(run, 'paused');
      await ask(run, 'stop', {});
    },
  },
  {
    name: 're-attached',
    images: ['a'],
    tasks: (dir) => [{ type: 'parallel', runs_file: join(dir, 'runs'), script: { '*': waits(dir) } }],
    meanwhile: async ({ harness, dir, until }) => {
      await until(join(dir, 'runs'));
      await harness.replaceWorker();
      await writeFile(join(dir, 'go'), '');
    },
  },
];
