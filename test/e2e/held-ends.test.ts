/** Held runs whose operator lets go what failed, on a real server: stopped, cancelled, skipped. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RunCancelledError, TaskExecutionError } from '../../src/client/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { zarrUrl } from '../support/scripted-requests.js';
import { beginWaiting } from '../support/waiting-runs.js';
import { readResult } from '../support/read-result.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

describe('a held run', () => {
  it('fails as it would have when it is stopped', async () => {
    const { dir, run } = await beginWaiting(
      harness,
      (folder) => [
        { type: 'parallel', script: { [zarrUrl(folder, 'b')]: { exit: 3 } }, output_types: { seen: true } },
        { type: 'parallel' },
      ],
      ['a', 'b'],
    );
    await untilStatus(run, 'held');
    expect(await ask(run, 'stop', {})).toMatchObject({ units: 1 });
    await expect(run.result()).rejects.toThrow(TaskExecutionError);
    const result = await readResult(dir);
    expect(result).toMatchObject({ status: 'failed', error: { details: { exit_code: 3, unit_index: 1 } } });
    expect(result.images.map(({ types }) => types)).toEqual([{ seen: true }, {}]);
    expect(result.task_runs).toHaveLength(1);
  });

  it('keeps what it has when it is cancelled', async () => {
    const { dir, run } = await beginWaiting(
      harness,
      (folder) => [
        { type: 'parallel', script: { [zarrUrl(folder, 'b')]: { exit: 3 } }, output_types: { seen: true } },
      ],
      ['a', 'b'],
    );
    await untilStatus(run, 'held');
    await run.cancel();
    await expect(run.result()).rejects.toThrow(RunCancelledError);
    const result = await readResult(dir);
    expect(result.status).toBe('cancelled');
    expect(result.images.map(({ types }) => types)).toEqual([{ seen: true }, {}]);
    expect(result.task_runs[0]?.units.map(({ status }) => status)).toEqual(['done', 'failed']);
  });

  it('goes on when its units are skipped, and fails at its end', async () => {
    const { dir, run } = await beginWaiting(
      harness,
      (folder) => [
        {
          type: 'parallel',
          script: { [zarrUrl(folder, 'b')]: { exit: 3 }, [zarrUrl(folder, 'c')]: { exit: 4 } },
        },
        { type: 'parallel', output_types: { seen: true } },
      ],
      ['a', 'b', 'c'],
    );
    await untilStatus(run, 'held');
    expect(await refusal(ask(run, 'skip', { units: [0] }))).toBe(
      'UpdateRefused: skip refused: unit 0 has succeeded',
    );
    expect(await refusal(ask(run, 'retry', { units: [0, 1] }))).toBe(
      'UpdateRefused: retry refused: unit 0 has succeeded',
    );
    expect(await refusal(ask(run, 'retry', { units: [3, 4, 7] }))).toBe(
      'UpdateRefused: retry refused: there is no unit 3-4, 7: the indices go from 0 to 2',
    );
    expect(await ask(run, 'skip', { units: [2] })).toMatchObject({ units: 1 });
    expect(await refusal(ask(run, 'retry', { units: [2] }))).toMatch(/unit 2 was skipped/);
    expect((await run.progress()).progress?.held).toMatchObject({ open: 1, given_up: 1 });
    await ask(run, 'skip', { units: 'failed' });
    await expect(run.result()).rejects.toThrow(/2 of 3 units failed/);
    const result = await readResult(dir);
    expect(result.status).toBe('failed');
    expect(result.task_runs.map(({ status }) => status)).toEqual(['failed', 'done']);
    // Nothing works on what a unit has left half done.
    expect(result.task_runs[1]?.units.map(({ zarr_url: url }) => url)).toEqual([zarrUrl(dir, 'a')]);
    expect(result.images.map(({ types }) => types)).toEqual([{ seen: true }, {}, {}]);
  });
});
