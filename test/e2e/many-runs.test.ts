/**
 * Ten runs at once whose waiting batches hold every slot of their queue's worker: the short activities of an eleventh run go
 * on at once. By hand, with as many batches as a run may have pending and a worker has slots for:
 * `npm run test:large -- --run-batches 200`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Backend } from '../../src/batch/contract.js';
import { RunCancelledError, type RunHandle } from '../../src/client/index.js';
import { leaveTombstone } from '../../src/executors/claims.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import type { RunResult } from '../../src/wire/result.js';
import { createScriptedBackend } from '../model/scripted/backend.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

const RUNS = 10;
/** Of each run, one unit in each. */
const BATCHES = Number(process.env.FRACTAL_RUN_BATCHES ?? 20);
/** All taken: none is left for another run. */
const SLOTS = RUNS * BATCHES;
const PATIENCE_MS = 20 * 60_000;

const submitted = new Set<string>();
const cancelled = new Set<string>();
let released = false;

/** Batches that wait in the scheduler's queue until they are released or cancelled. */
const waiting = (backend: Backend): Backend => ({
  ...backend,
  executor: {
    submit: (batch) => {
      submitted.add(batch.key);
      return Promise.resolve({ jobId: batch.key, facts: {} });
    },
    status: async (batch, handle) => {
      if (cancelled.has(batch.key)) {
        return {
          ...{ state: 'ended', cause: 'cancelled', schedulerState: 'CANCELLED', message: 'cancelled' },
          ...{ node: null, usage: null },
        };
      }
      if (!released) return { state: 'pending', reason: 'Priority' };
      const signal = new AbortController().signal;
      await backend.executor.submit(batch, { signal, note: () => undefined });
      return backend.executor.status(batch, handle);
    },
    cancel: async ({ key, paths }) => {
      await leaveTombstone(paths.tombstone, { reason: 'cancelled' });
      cancelled.add(key);
      return { jobIds: submitted.has(key) ? [key] : [], uncertain: null };
    },
  },
});

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    address: inject('temporal').address,
    backend: (stateDir, queue) =>
      waiting(createScriptedBackend(createLocalBackend({ stateDir, queue, maxUnits: 4 }))),
    worker: { batchesAtOnce: SLOTS },
  });
});
afterAll(() => harness.stop());

interface Run {
  dir: string;
  handle: RunHandle;
}

const start = async (): Promise<Run> => {
  const dir = await harness.folder();
  const images = Array.from({ length: BATCHES }, (_, index) => `plate/${index}`);
  const tasks = [{ type: 'parallel' as const, command: 'true', meta: { units_per_batch: 1 } }];
  return { dir, handle: await harness.start(makeRequest({ dir, tasks, images })) };
};

const pendingOf = async ({ handle }: Run): Promise<number> =>
  (await handle.temporal.describe()).raw.pendingActivities?.length ?? 0;

const untilAllPending = (run: Run): Promise<void> =>
  until('all batches pending', async () => (await pendingOf(run)) === BATCHES, PATIENCE_MS);

const resultOf = async ({ dir }: Run): Promise<RunResult> =>
  JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as RunResult;

const unitsOf = async (run: Run): Promise<(string | null)[]> =>
  (await resultOf(run)).task_runs[0]?.units.map(({ status, cause }) => cause ?? status) ?? [];

const all = (what: string): string[] => Array<string>(BATCHES).fill(what);

const cancelIt = async (run: Run): Promise<void> => {
  await run.handle.cancel();
  await expect(run.handle.result()).rejects.toBeInstanceOf(RunCancelledError);
  expect(await unitsOf(run)).toEqual(all('cancelled'));
};

const told = async <T>(what: string, work: Promise<T>): Promise<T> => {
  const began = performance.now();
  const value = await work;
  console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return value;
};

it(
  `${RUNS} runs of ${BATCHES} waiting batches in ${SLOTS} slots keep no other from its short activities`,
  async () => {
    const runs = await Promise.all(Array.from({ length: RUNS }, start));
    await told('all pending', Promise.all(runs.map(untilAllPending)));
    await told(
      'no slot left',
      until('no slot left', () => submitted.size === SLOTS, PATIENCE_MS),
    );

    const eleventh = await start();
    await told(
      'another run is opened and planned',
      untilFile(join(eleventh.dir, 'run', '.runner', 'plans', '000000-first.json')),
    );
    await untilAllPending(eleventh);
    await told('it is cancelled, applied and closed', cancelIt(eleventh));
    expect(submitted.size).toBe(SLOTS);

    const [first, ...others] = runs;
    if (first === undefined) throw new RangeError('no run');
    await told('one that holds slots is cancelled', cancelIt(first));
    released = true;
    await told('the others run through', Promise.all(others.map(({ handle }) => handle.result())));
    for (const run of others) expect(await unitsOf(run)).toEqual(all('done'));
  },
  PATIENCE_MS,
);
