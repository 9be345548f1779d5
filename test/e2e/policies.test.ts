/** Whole runs whose units run again by policy, and runs that go on without what has failed (docs/recovery.md). */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { TaskExecutionError } from '../../src/client/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { readResult } from '../support/read-result.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

it('a unit that says so by its exit code runs again, and its record tells each try', async () => {
  const dir = await harness.folder();
  const handle = await harness.start(
    makeRequest({
      dir,
      tasks: [{ type: 'parallel', script: { [zarrUrl(dir, 'a')]: { exits: [75, 75, 0] } } }],
      images: ['a', 'b'],
      extra: { recovery: { exit_codes: { '75': { tries: 3 } }, memory: { tries: 1 } } },
    }),
  );
  const result = await handle.result();
  const [a, b] = result.task_runs[0]?.units ?? [];
  expect(
    a?.tries?.map(({ n, cause, exit_code: code, log_file: log }) => [n, cause, code, basename(log ?? '')]),
  ).toEqual([
    [1, 'exit', 75, 'par-000000-0000000-log.1.txt'],
    [2, 'exit', 75, 'par-000000-0000000-log.2.txt'],
    [3, null, 0, 'par-000000-0000000-log.txt'],
  ]);
  expect(b?.tries).toHaveLength(1);
  const log = await readFile(join(dir, 'run', 'workflow.log'), 'utf8');
  expect(log).toContain('try 3 after exit code 75: 1 units');
  expect(log).toContain('recovery: memory has no meaning for backend "local"');
});

it('a run goes on without the images of failed units, and ends with the first failure', async () => {
  const dir = await harness.folder();
  const fails = (name: string) => ({ [zarrUrl(dir, name)]: { exit: 3 } });
  const handle = await harness.start(
    makeRequest({
      dir,
      tasks: [
        { type: 'parallel', script: fails('b'), output_types: { one: true } },
        { type: 'parallel', script: fails('c'), output_types: { two: true } },
        { type: 'non_parallel', output_types: { three: true } },
      ],
      images: ['a', 'b', 'c'],
      extra: { recovery: { on_failure: 'continue' } },
    }),
  );
  const error = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TaskExecutionError);
  expect((error as TaskExecutionError).details).toMatchObject({ workflow_task_order: 0, unit_index: 1 });
  const result = await readResult(dir);
  expect(result.status).toBe('failed');
  expect(result.task_runs.map(({ status, num_tasks }) => [status, num_tasks])).toEqual([
    ['failed', 3],
    ['failed', 2],
    ['done', 1],
  ]);
  expect(result.images.map(({ types }) => types)).toEqual([
    { one: true, two: true, three: true },
    {},
    { one: true },
  ]);
});
