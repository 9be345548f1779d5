/** Runs that continue as new while they are held or paused: nothing of their operator's word is lost. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/server/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, untilStatus } from '../support/operator.js';
import { makeRequest, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import type { RunHandle } from '../../src/client/index.js';

/** So that a retry or two is enough. */
const FEW_EVENTS = { 'limit.historyCount.suggestContinueAsNew': '30' };

let server: EmbeddedServer;
let harness: Harness;
beforeAll(async () => {
  server = await startEmbeddedServer({
    ...{ binary: inject('temporal').binary, dbFile: null, logFile: null },
    dynamicConfig: FEW_EVENTS,
  });
  harness = await startHarness({ address: server.address, maxUnits: 1, unitsPerBatch: 1 });
});
afterAll(async () => {
  await harness.stop();
  await server.stop();
});

const begin = async (
  task: (dir: string) => Partial<TaskSpec>,
  images: string[],
  breakage: string[] = [],
): Promise<{ dir: string; run: RunHandle; begun(): Promise<string[]> }> => {
  const dir = await harness.folder();
  for (const name of breakage) await writeFile(join(dir, name), '');
  const tasks: TaskSpec[] = [
    { type: 'parallel', runs_file: join(dir, 'runs'), ...task(dir) },
    { type: 'parallel' },
  ];
  const extra = { recovery: { on_failure: 'wait' } };
  const run = await harness.start(makeRequest({ dir, tasks, images, extra }));
  const begun = async () => (await readFile(join(dir, 'runs'), 'utf8')).split('\n').filter(Boolean);
  return { dir, run, begun };
};

const link = async (run: RunHandle): Promise<string> => (await run.temporal.describe()).runId;

describe('continued as new', () => {
  it('a held run is held still, and an update of before is not done again', async () => {
    const { dir, run, begun } = await begin(
      (folder) => ({ script: { [zarrUrl(folder, 'b')]: { fail_while: join(folder, 'broken') } } }),
      ['a', 'b'],
      ['broken'],
    );
    const first = await link(run);
    await untilStatus(run, 'held');
    const answer = await ask(run, 'retry', { units: 'failed', meta: { mem: '1G' } }, 'the first retry');
    await until('it is held in another link of the chain', async () => {
      const { progress } = await run.progress();
      return progress?.status === 'held' && (await link(run)) !== first;
    });
    expect((await run.progress()).progress?.held).toMatchObject({ open: 1, done: 1, total: 2 });
    expect(await ask(run, 'retry', { units: 'failed', meta: { mem: '1G' } }, 'the first retry')).toEqual(
      answer,
    );
    expect((await run.progress()).progress?.status).toBe('held');
    await rm(join(dir, 'broken'));
    await ask(run, 'retry', {});
    expect((await run.result()).task_runs[0]?.units.map(({ status }) => status)).toEqual(['done', 'done']);
    expect((await begun()).filter((url) => url.endsWith('/b'))).toHaveLength(3);
  });

  it('a paused run is paused still, its batch under way adopted, and each unit runs once', async () => {
    const images = Array.from({ length: 12 }, (_, index) => `image${index}`);
    const { dir, run, begun } = await begin(
      (folder) => ({ script: { '*': { wait_for: join(folder, 'go') } } }),
      images,
    );
    await untilFile(join(dir, 'runs'));
    const first = await link(run);
    await ask(run, 'pause', { now: true });
    await until('it has continued as new', async () => {
      // Each leaves some events in the history, whatever it does.
      await ask(run, 'resume', {}).then(() => ask(run, 'pause', { now: true }));
      return (await link(run)) !== first;
    });
    await writeFile(join(dir, 'go'), '');
    await untilStatus(run, 'paused');
    const before = (await begun()).length;
    expect(before).toBeLessThan(images.length);
    await ask(run, 'resume', {});
    await run.result();
    expect((await begun()).sort()).toEqual(images.map((name) => zarrUrl(dir, name)).sort());
  });

  it('a run remembers which tries its units have spent', async () => {
    const dir = await harness.folder();
    const [runs, go] = [join(dir, 'runs'), join(dir, 'go')];
    const script = { [zarrUrl(dir, 'a')]: { wait_for: go, exit: 75 } };
    const tasks: TaskSpec[] = [{ type: 'parallel', runs_file: runs, script }];
    const extra = { recovery: { exit_codes: { '75': { tries: 2 } } } };
    const run = await harness.start(makeRequest({ dir, tasks, images: ['a'], extra }));
    await untilFile(runs);
    const first = await link(run);
    await ask(run, 'pause');
    await writeFile(go, '');
    await untilStatus(run, 'paused');
    await rm(go);
    await until('it has continued as new', async () => {
      await ask(run, 'resume').then(() => ask(run, 'pause'));
      return (await link(run)) !== first;
    });
    await writeFile(go, '');
    await ask(run, 'resume');
    await expect(run.result()).rejects.toThrow(/exit code 75/);
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(3);
  });
});
