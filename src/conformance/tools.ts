/** What the conformance suite is given, and what its tests have in common. */
import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJournals, type JournalReport } from '../batch/read-journals.js';
import type { Backend, BatchStatus, ExecutorContext, Handle } from '../batch/contract.js';
import { makeBatch, type TestBatch, type TestBatchOptions } from './batches.js';

export interface ConformanceSetup {
  /** A new instance over the same scheduler and state, as a worker that was started anew has it. */
  createBackend(): Backend;
  /** An empty folder that the worker and the nodes see. */
  folder: string;
  /** Makes what the suite has created in `folder` usable by the user who runs the units, where that is another. */
  share?(path: string): Promise<void>;
  /** Absolute path of a Python, for a backend that forks units from warm interpreters: units are scripts of it. */
  python?: string;
  /** Kills all processes of a running batch with SIGKILL, as a loss of its node does. */
  killProcesses(test: TestBatch, handle: Handle): Promise<void>;
  /** Environment in which the script, run by hand, takes itself for another job. */
  otherJob: Record<string, string>;
  dispose(): Promise<void>;
}

export interface ConformanceOptions {
  /** How long the scheduler may take from a submission to a running script, or from the end of a batch to `ended`. */
  patienceMs?: number;
  /** Units of the largest batch. */
  bigBatchUnits?: number;
}

export type Ended = Extract<BatchStatus, { state: 'ended' }>;

export const present = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const statuses = ({ ends }: JournalReport): [number, number | null][] =>
  [...ends.values()]
    .map(({ index, status }): [number, number | null] => [index, status])
    .sort(([a], [b]) => a - b);

/** Runs until $here/go exists, which `beat` shows in the meantime. */
export const BUSY = 'while ! [ -e $here/go ]; do : >$here/beat; sleep 0.02; done';

export const context: ExecutorContext = { signal: new AbortController().signal, note: () => undefined };

/** @param source what is there once the suite has been set up. */
export const suiteTools = (
  source: () => { given: ConformanceSetup; backend: Backend },
  patienceMs: number,
) => {
  const make = (units: string[], options: Partial<TestBatchOptions> = {}): Promise<TestBatch> => {
    const { given, backend } = source();
    return makeBatch({
      ...{ backend, folder: given.folder, key: `key-${randomUUID()}`, units },
      ...(given.share ? { share: given.share.bind(given) } : {}),
      ...(given.python === undefined ? {} : { python: given.python }),
      ...options,
    });
  };

  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + patienceMs;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
      await sleep(20);
    }
  };
  const untilEnded = async ({ batch }: TestBatch, handle: Handle): Promise<Ended> => {
    let ended: Ended | null = null;
    await until('the end of the batch', async () => {
      const status = await source().backend.executor.status(batch, handle);
      if (status.state === 'ended') ended = status;
      return ended !== null;
    });
    return ended as unknown as Ended;
  };
  const journals = ({ batch }: TestBatch): Promise<JournalReport> => readJournals(batch.paths.journalPrefix);
  const runToEnd = async (
    test: TestBatch,
  ): Promise<{ handle: Handle; ended: Ended; journal: JournalReport }> => {
    const handle = await source().backend.executor.submit(test.batch, context);
    const ended = await untilEnded(test, handle);
    return { handle, ended, journal: await journals(test) };
  };
  const release = (test: TestBatch): Promise<void> => writeFile(test.here('go'), '');
  const untilBegun = (test: TestBatch, count: number): Promise<void> =>
    until(`${count} begun units`, async () => (await test.begun()).length >= count);
  /** Time for whatever should not be there to show itself: another batch runs from start to end. */
  const runAnother = async (): Promise<void> => {
    await runToEnd(await make(['sleep 0.3']));
  };
  return { source, make, until, untilEnded, journals, runToEnd, release, untilBegun, runAnother };
};

export type SuiteTools = ReturnType<typeof suiteTools>;
