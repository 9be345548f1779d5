/** Runs of which somebody removes a folder while they go on. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JobExecutionError } from '../../src/client/index.js';
import {
  processesWith,
  start,
  thrownBy,
  untilBegun,
  waiting,
  withHarness,
} from '../support/disturbed-runs.js';
import { until } from '../support/until.js';

const harness = withHarness({ maxUnits: 1, worker: { permanentPatienceMs: 1_500 } });

it('a task’s folder that is removed when it is over is missed by nobody', async () => {
  const { dir, handle } = await start(harness(), (folder) => [{ type: 'parallel' }, waiting(folder, 'a')], [
    'a',
  ]);
  await untilBegun(dir, 'a');
  await rm(join(dir, 'run', '0_task_0'), { recursive: true });
  await writeFile(join(dir, 'go'), '');
  const result = await handle.result();
  expect(result.task_runs.map(({ units }) => units.map(({ status }) => status))).toEqual([
    ['done'],
    ['done'],
  ]);
});

it('a run whose folder is removed ends by itself, and nothing of it goes on', async () => {
  const { dir, handle } = await start(harness(), (folder) => [waiting(folder, 'a')], ['a', 'b']);
  await untilBegun(dir, 'a');
  await rm(join(dir, 'run'), { recursive: true });
  const error = await thrownBy(handle.result());
  expect(error).toBeInstanceOf(JobExecutionError);
  expect(error.message).toContain(join(dir, 'run'));
  await until('the end of its processes', async () => (await processesWith(dir)).length === 0);
});

it('a run whose folder is gone can be cancelled', async () => {
  const { dir, handle } = await start(harness(), (folder) => [waiting(folder, 'a')], ['a', 'b']);
  await untilBegun(dir, 'a');
  await rm(join(dir, 'run'), { recursive: true });
  await handle.cancel();
  expect(await thrownBy(handle.result())).toBeInstanceOf(Error);
  await until('the end of its processes', async () => (await processesWith(dir)).length === 0);
});
