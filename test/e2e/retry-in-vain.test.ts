/** Retries that begin none of their units: what these units came to stands, with the reason why they did not run. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { SubmissionRefused } from '../../src/batch/errors.js';
import type { Backend } from '../../src/batch/contract.js';
import { JobExecutionError, type RunHandle, TaskExecutionError } from '../../src/client/index.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { makeRequest, zarrUrl, type UnitScript } from '../support/scripted-requests.js';

/** In the words of sbatch. */
const REFUSED = 'Invalid partition name specified';

let refuses = false;

/** The local backend, of which every submission is refused while `refuses` says so. */
const refusing = (stateDir: string, queue: string): Backend => {
  const backend = createLocalBackend({ stateDir, queue, maxUnits: 2, mem: null });
  const { executor } = backend;
  return {
    ...backend,
    executor: {
      submit: (batch, context) =>
        refuses ? Promise.reject(new SubmissionRefused(REFUSED)) : executor.submit(batch, context),
      status: (batch, handle) => executor.status(batch, handle),
      cancel: (batch, handle, context) => executor.cancel(batch, handle, context),
    },
  };
};

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address, backend: refusing });
});
afterAll(() => harness.stop());

/** A run of one image that is held, and has been retried in vain. */
const retriedInVain = async (
  script: (dir: string) => UnitScript,
): Promise<{ dir: string; run: RunHandle }> => {
  const dir = await harness.folder();
  await writeFile(join(dir, 'broken'), '');
  const tasks = [{ type: 'parallel' as const, script: { [zarrUrl(dir, 'a')]: script(dir) } }];
  const extra = { recovery: { on_failure: 'wait' } };
  const run = await harness.start(makeRequest({ dir, tasks, images: ['a'], extra }));
  await untilStatus(run, 'held');
  refuses = true;
  try {
    await ask(run, 'retry', {});
    await untilStatus(run, 'held');
  } finally {
    refuses = false;
  }
  return { dir, run };
};

it('a unit keeps its exit code, and runs at the next retry', async () => {
  const { dir, run } = await retriedInVain((folder) => ({ fail_while: join(folder, 'broken') }));
  const [held] = (await run.progress()).progress?.held?.units ?? [];
  expect(held).toMatchObject({ index: 0, cause: 'exit' });
  expect(held?.message).toMatch(/exit code 9.*It was to run again/);
  await rm(join(dir, 'broken'));
  await ask(run, 'retry', {});
  const [unit] = (await run.result()).task_runs[0]?.units ?? [];
  expect(unit).toMatchObject({ status: 'done', exit_code: 0 });
  expect(unit?.tries?.map(({ n, cause }) => [n, cause])).toEqual([
    [1, 'exit'],
    [2, 'never_started'],
    [3, null],
  ]);
});

it('the error says how the unit ended, and why it did not run again', async () => {
  const { dir, run } = await retriedInVain(() => ({ signal: 'SIGSEGV' }));
  await ask(run, 'stop', {});
  const error: unknown = await run.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(JobExecutionError);
  const { message, details } = error as JobExecutionError;
  expect(message).toContain(`killed by SIGSEGV. It was to run again, and that did not succeed. (${REFUSED})`);
  expect(details).toMatchObject({ signal: 11, exit_code: null, failed_units: 1 });
  // Nothing of it was lost on the way: a run that goes on from here is told the same.
  const again = makeRequest({
    dir,
    tasks: [{ type: 'parallel', script: { [zarrUrl(dir, 'a')]: { exit: 4 } } }],
    images: ['a'],
    extra: { workflow_dir_local: join(dir, 'again'), continue_from: join(dir, 'run') },
  });
  await expect((await harness.start(again)).result()).rejects.toThrow(TaskExecutionError);
});

it('a unit with a wrong output says what was wrong with it', async () => {
  const { run } = await retriedInVain(() => ({ raw: '{"image_list_updates": 3}' }));
  const [held] = (await run.progress()).progress?.held?.units ?? [];
  expect(held).toMatchObject({ cause: 'invalid_output' });
  expect(held?.message).toMatch(/image_list_updates.*It was to run again/);
  expect(await refusal(ask(run, 'retry', { units: [1] }))).toMatch(/there is no unit 1/);
  await ask(run, 'stop', {});
  await expect(run.result()).rejects.toThrow(/image_list_updates/);
});
