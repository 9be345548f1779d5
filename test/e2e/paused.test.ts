/** Runs that are paused, resumed and stopped, on a real server; and updates that are asked for twice, or wrongly. */
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RunCancelledError, type RunHandle } from '../../src/client/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import { readResult } from '../support/read-result.js';

let harness: Harness;
beforeAll(async () => {
  // One unit at once, in one batch, so that there is always something left to begin.
  harness = await startHarness({ address: inject('temporal').address, maxUnits: 1 });
});
afterAll(() => harness.stop());

const images = ['a', 'b', 'c'];

/** The unit of image a runs until the file `go` is there. */
const begin = async (): Promise<{ dir: string; run: RunHandle; runs(): Promise<number> }> => {
  const dir = await harness.folder();
  const script = { [zarrUrl(dir, 'a')]: { wait_for: join(dir, 'go') } };
  const tasks = [
    { type: 'parallel' as const, runs_file: join(dir, 'runs'), script },
    { type: 'parallel' as const, runs_file: join(dir, 'runs') },
  ];
  const run = await harness.start(makeRequest({ dir, tasks, images }));
  await untilFile(join(dir, 'runs'));
  const runs = async () => (await readFile(join(dir, 'runs'), 'utf8')).split('\n').filter(Boolean).length;
  return { dir, run, runs };
};

describe('a paused run', () => {
  it('lets its batches end, and begins no other until it is resumed', async () => {
    const { dir, run, runs } = await begin();
    expect(await ask(run, 'pause', { now: false })).toMatchObject({ units: 3 });
    expect((await run.progress()).progress?.status).toBe('pausing');
    expect(await refusal(ask(run, 'pause'))).toBe('UpdateRefused: pause refused: the run is pausing already');
    await writeFile(join(dir, 'go'), '');
    await untilStatus(run, 'paused');
    expect(await runs()).toBe(3);
    expect((await run.progress()).progress?.tasks.map(({ status }) => status)).toEqual(['done', 'waiting']);
    await harness.replaceWorker();
    await ask(run, 'resume', {});
    expect((await run.result()).status).toBe('done');
    expect(await runs()).toBe(6);
  });

  it('starts no further unit when it is paused now, whatever worker comes; each runs once', async () => {
    const { dir, run, runs } = await begin();
    expect(await ask(run, 'pause', { now: true })).toMatchObject({
      ...{
        units: 3,
        did: 'pausing: no further batch begins; those at work (1) end the units that they have begun and start no other',
      },
    });
    await harness.replaceWorker();
    await writeFile(join(dir, 'go'), '');
    await untilStatus(run, 'paused');
    expect(await runs()).toBe(1);
    expect((await run.progress()).pending).toEqual([]);
    await ask(run, 'resume', {});
    const result = await run.result();
    expect(result.task_runs[0]?.units.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(await runs()).toBe(6);
    await expect(access(join(dir, 'run', '.runner', 'paused'))).rejects.toThrow(/ENOENT/);
  });

  it('may be paused now after it was only paused, and stopped', async () => {
    const { dir, run, runs } = await begin();
    await ask(run, 'pause', {});
    await ask(run, 'pause', { now: true });
    await writeFile(join(dir, 'go'), '');
    await untilStatus(run, 'paused');
    expect(await ask(run, 'stop', {})).toEqual({
      ...{ did: 'stopping: the run is cancelled, what is done is kept', units: 2 },
    });
    await expect(run.result()).rejects.toThrow(RunCancelledError);
    expect((await run.temporal.describe()).status.name).toBe('CANCELLED');
    expect(await runs()).toBe(1);
    const result = await readResult(dir);
    expect(result.status).toBe('cancelled');
    expect(result.task_runs[0]?.units.map(({ status, cause }) => `${status} ${cause ?? ''}`)).toEqual([
      ...['done ', 'failed cancelled', 'failed cancelled'],
    ]);
  });

  it('is cancelled as any other', async () => {
    const { dir, run } = await begin();
    await ask(run, 'pause', { now: true });
    await run.cancel();
    await expect(run.result()).rejects.toThrow(RunCancelledError);
    expect((await readResult(dir)).status).toBe('cancelled');
  });
});

describe('updates', () => {
  it('are refused with a reason where they are impossible or wrong, and nothing changes', async () => {
    const { dir, run } = await begin();
    const refusals = await Promise.all([
      refusal(ask(run, 'retry', { units: 'failed' })),
      refusal(ask(run, 'skip', {})),
      refusal(ask(run, 'resume', {})),
      refusal(ask(run, 'pause', { sofort: true })),
      refusal(ask(run, 'pause', { now: 1 })),
      refusal(ask(run, 'stop', { now: true })),
      refusal(ask(run, 'retry', { units: [-1] })),
    ]);
    expect(refusals).toEqual([
      expect.stringMatching(/^UpdateRefused: retry refused: the run is running, not held/),
      expect.stringMatching(/^UpdateRefused: skip refused: the run is running, not held/),
      'UpdateRefused: resume refused: the run is running, not paused',
      'UpdateRefused: pause refused: sofort: no field of this name; pause has the fields now',
      'UpdateRefused: pause refused: now: expected true or false, got 1',
      'UpdateRefused: stop refused: now: no field of this name; stop has no fields',
      'UpdateRefused: retry refused: units: expected "failed" or a list, not empty, of unit indices, got -1 in it',
    ]);
    expect((await run.progress()).progress?.status).toBe('running');
    await writeFile(join(dir, 'go'), '');
    await run.result();
  });

  it('do once what is asked twice with one id', async () => {
    const { dir, run } = await begin();
    const [first, second] = await Promise.all([
      ask(run, 'pause', { now: false }, 'the same'),
      ask(run, 'pause', { now: false }, 'the same'),
    ]);
    expect(second).toEqual(first);
    await ask(run, 'resume', {});
    expect(await ask(run, 'pause', { now: false }, 'the same')).toEqual(first);
    expect((await run.progress()).progress?.status).toBe('running');
    await writeFile(join(dir, 'go'), '');
    await until('it has ended', async () => (await run.progress()).state === 'COMPLETED');
  });
});
