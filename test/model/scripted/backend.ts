/**
 * A backend that plays units in this process: no shell, no process, so that hundreds of whole runs take seconds.
 * It leaves what the batch script leaves, so that all above the executor is the real thing, and its batches end as
 * the task's meta says. A task whose meta says `real` goes to a real executor.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SubmissionRefused } from '../../../src/batch/errors.js';
import type {
  Backend,
  Batch,
  BatchNames,
  BatchStatus,
  Executor,
  Handle,
} from '../../../src/batch/contract.js';
import type { EndCause } from '../../../src/batch/end-causes.js';
import type { JsonObject, JsonValue } from '../../../src/wire/request.js';
import type { PlayedEnd, PlayedEnds } from '../task/ends.js';
import { linesOf, playBatch } from './play-batch.js';

/** Where the executor writes down what it was asked for, one line a try; beside the task's files. */
export const SUBMISSIONS = 'submissions.jsonl';

/** The last parts of a batch's key. */
const KEY = /([fc])-(\d+)-(\d+)(?:[mt]\d+)*$/;

const placeOf = (key: string): { stage: string; batch: number; try: number } => {
  const [, stage = '', batch, attempt] = KEY.exec(key) ?? [];
  return { stage: stage === 'f' ? 'first' : 'compute', batch: Number(batch), try: Number(attempt) };
};

const ownerOf = (batch: Batch): string | null =>
  existsSync(batch.paths.owner) ? readFileSync(batch.paths.owner, 'utf8').trim() : null;

const CAUSES: Record<Exclude<PlayedEnd['word'], 'refused'>, EndCause> = {
  completed: 'completed',
  failed: 'failed',
  drained: 'failed',
  signal: 'signal',
  out_of_memory: 'out_of_memory',
  timeout: 'timeout',
  node_fail: 'node',
  preempted: 'node',
  vanished: 'node',
  cancelled: 'cancelled',
};

const endedWith = (end: PlayedEnd | null): BatchStatus => {
  const word = end === null || end.word === 'refused' ? 'completed' : end.word;
  return {
    ...{ state: 'ended', cause: CAUSES[word], message: `its scheduler says: ${word}`, usage: null },
    ...{ schedulerState: word.toUpperCase(), node: end?.node ?? null },
    ...(word === 'node_fail' || word === 'vanished' ? { nodeAtFault: true } : {}),
    ...(word === 'preempted' ? { preempted: true } : {}),
  };
};

const endOf = ({ key, resources }: Batch): PlayedEnd | null => {
  const place = placeOf(key);
  const ends = resources.ends as unknown as PlayedEnds;
  return ends[String(place.batch)]?.[place.try - 1] ?? null;
};

const noteSubmission = (batch: Batch): void => {
  const { memory, time } = batch.resources;
  const units = linesOf(batch).map(({ index }) => Number(index));
  const line = { ...placeOf(batch.key), units, avoided: batch.avoidNodes, memory, time };
  appendFileSync(join(batch.taskDir, SUBMISSIONS), `${JSON.stringify(line)}\n`);
};

const createScriptedExecutor = (): Executor => {
  let jobs = 0;
  const asked = new Set<string>();
  return {
    submit: (batch): Promise<Handle> => {
      const known = ownerOf(batch);
      if (known !== null) return Promise.resolve({ jobId: known, facts: {} });
      const end = endOf(batch);
      noteSubmission(batch);
      if (end?.word === 'refused') return Promise.reject(new SubmissionRefused('no such partition'));
      jobs += 1;
      const jobId = `${process.pid}.${jobs}`;
      if (end?.silent === true) return Promise.resolve({ jobId, facts: {} });
      mkdirSync(dirname(batch.paths.owner), { recursive: true });
      writeFileSync(batch.paths.owner, `${jobId}\n`, { flag: 'wx' });
      playBatch(batch, jobId, end);
      return Promise.resolve({ jobId, facts: {} });
    },
    // A batch is played to its end before submit answers.
    status: (batch) => {
      const end = endOf(batch);
      const isFirst = !asked.has(batch.key);
      asked.add(batch.key);
      if (isFirst && end?.unknown === true)
        return Promise.resolve({ state: 'unknown', reason: 'nobody answers' });
      return Promise.resolve(endedWith(end));
    },
    cancel: () => Promise.resolve({ jobIds: [], uncertain: null }),
  };
};

const objectOf = (value: JsonValue | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

const played = (ends: JsonObject): JsonObject => ({ real: false, ends, memory: 1, time: 1 });

/** @param real the backend for tasks whose meta says `real`; its name is taken over. */
export const createScriptedBackend = (real: Backend): Backend => {
  const scripted = createScriptedExecutor();
  const realKeys = new Set<string>();
  const executorOf = ({ key }: BatchNames): Executor => (realKeys.has(key) ? real.executor : scripted);
  return {
    ...real,
    layout: (input) => {
      const { units_per_batch: perBatch, real: isReal, ends } = input.meta;
      const { unitsPerBatch, lanes, warm, resources } = real.layout(input);
      return {
        unitsPerBatch: typeof perBatch === 'number' ? perBatch : unitsPerBatch,
        lanes,
        ...(isReal === true && warm === true ? { warm } : {}),
        resources: isReal === true ? { ...resources, real: true } : played(objectOf(ends)),
      };
    },
    raise: (resources, limit, { times, factor }) => ({ ...resources, [limit]: factor ** times }),
    executor: {
      submit: (batch, context) => {
        if (batch.resources.real === true) realKeys.add(batch.key);
        return executorOf(batch).submit(batch, context);
      },
      status: (batch, handle) => executorOf(batch).status(batch, handle),
      cancel: (batch, handle, context) => executorOf(batch).cancel(batch, handle, context),
    },
  };
};
