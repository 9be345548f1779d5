/** What is asked of a run that is about to continue as new, and waits for an update that is under way. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RunCancelledError, type RunHandle, TaskExecutionError } from '../../src/client/index.js';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/server/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { heldWithoutWorker, startLocalActivities } from '../support/without-worker.js';

/** More than a run has that is held; less than it has with ten updates, all that a server takes at once. */
const SUGGESTED = 40;
const EVENTS_OF_UPDATE = 4;

let server: EmbeddedServer;
let harness: Harness;
beforeAll(async () => {
  server = await startEmbeddedServer({
    ...{ binary: inject('temporal').binary, dbFile: null, logFile: null },
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': String(SUGGESTED) },
  });
  harness = await startHarness({ address: server.address, activities: false });
});
afterAll(async () => {
  await harness.stop();
  await server.stop();
});

/** A held run that will continue as new as soon as an update is done, for which there is no worker. */
const aboutToMove = async (): Promise<{
  dir: string;
  run: RunHandle;
  link: string;
  asked: Promise<unknown>[];
}> => {
  const { dir, run } = await heldWithoutWorker(harness);
  const asked: Promise<unknown>[] = [];
  while ((await run.temporal.describe()).historyLength <= SUGGESTED + EVENTS_OF_UPDATE) {
    const taken = await run.temporal.startUpdate('skip', {
      args: [{ units: [0] }],
      waitForStage: 'ACCEPTED',
    });
    asked.push(taken.result().catch(String));
  }
  return { dir, run, link: (await run.temporal.describe()).runId, asked };
};

describe('a run that is about to continue as new', () => {
  it('obeys a stop', async () => {
    const { dir, run, link, asked } = await aboutToMove();
    const stopped = await run.temporal.startUpdate('stop', { args: [{}], waitForStage: 'ACCEPTED' });
    const stop = await startLocalActivities(harness, dir);
    expect(await stopped.result()).toEqual({ did: 'stopped: the run fails, what is done is kept', units: 1 });
    await expect(run.result()).rejects.toThrow(TaskExecutionError);
    expect((await run.temporal.describe()).runId).toBe(link);
    await Promise.all(asked);
    await stop();
  });

  it('obeys a cancellation', async () => {
    const { dir, run, link, asked } = await aboutToMove();
    await run.cancel();
    const stop = await startLocalActivities(harness, dir);
    await expect(run.result()).rejects.toThrow(RunCancelledError);
    expect((await run.temporal.describe()).runId).toBe(link);
    await Promise.all(asked);
    await stop();
  });
});
