/** What a retry asks for: words that nothing reads are refused where they look misspelt, with nothing changed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { TaskExecutionError } from '../../src/client/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { makeRequest } from '../support/scripted-requests.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

it('a misspelt key is refused, and no unit runs; one that is only unknown is another tool’s', async () => {
  const dir = await harness.folder();
  const runs = join(dir, 'runs');
  const tasks = [{ type: 'parallel' as const, runs_file: runs, script: { '*': { exit: 3 } } }];
  const extra = { recovery: { on_failure: 'wait' } };
  const run = await harness.start(makeRequest({ dir, tasks, images: ['a'], extra }));
  await untilStatus(run, 'held');
  expect(await refusal(ask(run, 'retry', { meta: { memm: '8G', walltime: 60 } }))).toBe(
    'UpdateRefused: retry refused: memm would be ignored: did you mean "mem"?; walltime would be ignored: did you mean "time"?',
  );
  expect((await run.progress()).progress?.status).toBe('held');
  expect(await readFile(runs, 'utf8')).toMatch(/^.*\n$/);
  expect(await ask(run, 'retry', { meta: { parallelization_level: 'image' } })).toMatchObject({ units: 1 });
  await untilStatus(run, 'held');
  await ask(run, 'stop');
  await expect(run.result()).rejects.toThrow(TaskExecutionError);
  expect(await readFile(runs, 'utf8')).toMatch(/^.*\n.*\n$/);
});
