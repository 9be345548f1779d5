/** The five updates as methods of the typed client, each with its answer, on one run from its beginning to its end. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { RunCancelledError, UpdateRefusedError } from '../../src/client/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { untilStatus } from '../support/operator.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { untilFile } from '../support/until.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

it('pause, resume, retry, skip and stop say what they do and of how many units', async () => {
  const dir = await harness.folder();
  const waiting = (name: string) => ({ tell: join(dir, `began-${name}`), wait_for: join(dir, `go-${name}`) });
  const a = zarrUrl(dir, 'a');
  const tasks = [
    { type: 'parallel' as const, script: { [a]: waiting('first'), '*': { exit: 3 } } },
    { type: 'parallel' as const, script: { [a]: waiting('second') } },
  ];
  const extra = { recovery: { on_failure: 'wait' } };
  const run = await harness.start(makeRequest({ dir, tasks, images: ['a', 'b', 'c'], extra }));
  await untilFile(join(dir, 'began-first'));
  expect(await run.pause()).toEqual({
    ...{ did: 'pausing: no further batch begins; those at work (1) go on to their end', units: 3 },
  });
  await expect(run.pause()).rejects.toThrow(UpdateRefusedError);
  expect(await run.resume({ updateId: 'once' })).toEqual({ did: 'resumed', units: 3 });
  expect(await run.resume({ updateId: 'once' })).toEqual({ did: 'resumed', units: 3 });
  await writeFile(join(dir, 'go-first'), '');
  await untilStatus(run, 'held');
  expect(await run.retry({ units: [2], meta: { mem: '8G' } })).toEqual({
    ...{ did: 'Task 0 Task 0: 1 unit again with mem 8G', units: 1 },
  });
  await untilStatus(run, 'held');
  expect(await run.skip({ units: [1] })).toEqual({
    did: 'Task 0 Task 0: 1 unit given up; 1 is left open',
    units: 1,
  });
  expect(await run.skip()).toEqual({
    ...{ did: 'Task 0 Task 0: 1 unit given up; none is left open, the run goes on', units: 1 },
  });
  await untilFile(join(dir, 'began-second'));
  expect(await run.stop()).toEqual({
    ...{ did: 'stopping: the run is cancelled, what is done is kept', units: 1 },
  });
  await expect(run.result()).rejects.toThrow(RunCancelledError);
  await expect(run.stop()).rejects.toThrow('stop refused: the run has ended');
});
