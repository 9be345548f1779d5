/**
 * A task of very many batches, one of ten of which needs a second try: what travels and what is kept stays small, and
 * the run continues as new. By hand: `npm run test:large -- --batches 10000`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Backend, BatchStatus } from '../../src/batch/contract.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import type { RunResult } from '../../src/wire/result.js';
import { createScriptedBackend } from '../model/scripted/backend.js';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/server/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { historySizes } from '../support/history-sizes.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';

const BY_HAND = process.env.FRACTAL_BATCHES;
const BATCHES = Number(BY_HAND ?? 300);
/** So that few batches are enough to continue as new; by hand it is the server's own number. */
const FEW_EVENTS = { 'limit.historyCount.suggestContinueAsNew': '400' };
const BATCH_MS = 500;

/** A payload may have 2 MiB; what grows with batches at all grows by some bytes for each that needed another try. */
const LARGEST_PAYLOAD_BYTES = 256 * 1024;
/** The server suggests to continue as new at 4,096 events and stops at 51,200. */
const LONGEST_HISTORY_EVENTS = 10_000;

const NODE_FAILED: BatchStatus = {
  ...{ state: 'ended', cause: 'node', schedulerState: 'NODE_FAIL', message: 'the node failed' },
  ...{ node: 'n1', usage: null },
};
const LOST = 'lost';
const FIRST_TRY_OF_A_TENTH = /9-1$/;

/** The first try of one batch of ten dies with its node, before anything has begun. */
const withLostNodes = (backend: Backend): Backend => ({
  ...backend,
  executor: {
    submit: (batch, context) =>
      FIRST_TRY_OF_A_TENTH.test(batch.key)
        ? Promise.resolve({ jobId: LOST, facts: {} })
        : backend.executor.submit(batch, context),
    status: (batch, handle) =>
      handle.jobId === LOST ? Promise.resolve(NODE_FAILED) : backend.executor.status(batch, handle),
    cancel: (...batch) => backend.executor.cancel(...batch),
  },
});

let server: EmbeddedServer;
let harness: Harness;
beforeAll(async () => {
  server = await startEmbeddedServer({
    ...{ binary: inject('temporal').binary, dbFile: null, logFile: null },
    ...(BY_HAND === undefined ? { dynamicConfig: FEW_EVENTS } : {}),
  });
  harness = await startHarness({
    address: server.address,
    backend: (stateDir, queue) =>
      withLostNodes(createScriptedBackend(createLocalBackend({ stateDir, queue, maxUnits: 4 }))),
  });
});
afterAll(async () => {
  await harness.stop();
  await server.stop();
});

it(
  `a task of ${BATCHES} batches`,
  async () => {
    const dir = await harness.folder();
    const names = Array.from({ length: BATCHES }, (_, index) => `plate/${index}`);
    const tasks = [
      {
        type: 'parallel' as const,
        command: 'true',
        output_types: { seen: true },
        meta: { units_per_batch: 1 },
      },
    ];
    const began = performance.now();
    const handle = await harness.start(makeRequest({ dir, tasks, images: names }));
    const { runId } = await handle.temporal.describe();
    const { status } = await handle.result();
    const seconds = (performance.now() - began) / 1000;
    const mib = process.memoryUsage().rss / 2 ** 20;
    expect(status).toBe('done');

    const result = JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as RunResult;
    expect(result.images.map(({ zarr_url: url }) => url)).toEqual(names.map((name) => zarrUrl(dir, name)));
    expect(result.images.filter(({ types }) => types.seen !== true)).toEqual([]);
    const units = result.task_runs[0]?.units ?? [];
    expect(units.map(({ index }) => index)).toEqual(names.map((_, index) => index));
    expect(units.filter((unit) => unit.status !== 'done')).toEqual([]);

    const links = await historySizes(harness.client, handle.workflowId, runId);
    console.log(
      `${BATCHES} batches: ${seconds.toFixed(0)} s, ${mib.toFixed(0)} MiB at its end, ` +
        `continued as new ${links.length - 1} times`,
    );
    for (const { events, bytes, largest } of links) console.log({ events, bytes, ...largest });
    expect(links.length).toBeGreaterThan(1);
    for (const { events, largest } of links) {
      expect(events).toBeLessThan(LONGEST_HISTORY_EVENTS);
      // The request itself is the start of the first.
      const { start: _, ...others } = largest;
      expect(Math.max(...Object.values(others))).toBeLessThan(LARGEST_PAYLOAD_BYTES);
    }
  },
  120_000 + BATCHES * BATCH_MS,
);
