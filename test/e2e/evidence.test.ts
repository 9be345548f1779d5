/** Runs whose evidence is hard to come by: files gone or damaged, storage away. */
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunCancelledError } from '../../src/client/index.js';
import {
  begun,
  processesWith,
  start,
  thrownBy,
  untilBegun,
  waiting,
  withHarness,
} from '../support/disturbed-runs.js';
import { makeRequest, update, zarrUrl } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';
import { kill } from '../support/kill.js';
import { readResult } from '../support/read-result.js';

describe('with the patience of a worker', () => {
  const harness = withHarness({ maxUnits: 1 });

  it('storage that fails between a batch’s end and its evidence changes no verdict', async () => {
    const { dir, handle } = await start(harness(), (folder) => [waiting(folder, 'b')], ['a', 'b', 'c'], {
      recovery: { rerun_interrupted: true },
    });
    await untilBegun(dir, 'b');
    const evidence = join(dir, 'run', '.runner', 'evidence');
    await writeFile(evidence, 'in the way');
    for (const pid of await processesWith(dir)) kill(pid);
    const batches = join(dir, 'run', '.runner', 'batches');
    await until('the tombstone', async () =>
      (await readdir(batches, { recursive: true })).some((name) => name.endsWith('tombstone')),
    );
    await harness().replaceWorker();
    await writeFile(join(dir, 'go'), '');
    await rm(evidence);
    const result = await handle.result();
    expect(result.task_runs[0]?.units.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    const runs = await begun(dir);
    expect(['a', 'b', 'c'].map((name) => runs.filter((url) => url === zarrUrl(dir, name)).length)).toEqual([
      1, 2, 1,
    ]);
  });
});

describe('one unit at a time', () => {
  const harness = withHarness({ maxUnits: 1, worker: { permanentPatienceMs: 1_500 } });

  it('the records of an ended task that somebody removes are left out of the result, which says so', async () => {
    const { dir, handle } = await start(harness(), (folder) => [{ type: 'parallel' }, waiting(folder, 'a')], [
      'a',
    ]);
    await untilFile(join(dir, 'runs'));
    await rm(join(dir, 'run', '.runner', 'records', '000000.json'));
    await writeFile(join(dir, 'go'), '');
    const { status, task_runs: tasks } = await handle.result();
    expect({ status, tasks: tasks.map((task) => task.workflow_task_order) }).toEqual({
      status: 'done',
      tasks: [1],
    });
    const log = await readFile(join(dir, 'run', 'workflow.log'), 'utf8');
    expect(log).toMatch(/ERROR close: a task is left out of result\.json: .*000000\.json: ENOENT/);
  });

  it('a result that cannot be written hides nothing: what failed is told, and why there is no result', async () => {
    const dir = await harness().folder();
    const script = { '*': { exit: 3 } };
    const request = makeRequest({ dir, tasks: [{ type: 'parallel', script }], images: ['a'] });
    const result = join(request.workflow_dir_local, 'result.json');
    await mkdir(result, { recursive: true });
    const { message } = await thrownBy((await harness().start(request)).result());
    expect(message).toMatch(/exit code 3.*Besides, its result could not be written: .*result\.json: EISDIR/);
  });
});

describe('one unit in a batch', () => {
  const harness = withHarness({
    maxUnits: 4,
    unitsPerBatch: 1,
    worker: { batchesAtOnce: 3, permanentPatienceMs: 1_500 },
  });

  /** The units file of the batch that holds this image. */
  const unitsFileOf = async (dir: string, image: string): Promise<string> => {
    const batches = join(dir, 'run', '.runner', 'batches');
    for (const name of await readdir(batches, { recursive: true })) {
      if (!/units-[0-9a-f]+$/.test(name)) continue;
      const text = await readFile(join(batches, name), 'utf8');
      if (text.includes(`"zarr_url":"${zarrUrl(dir, image)}"`)) return join(batches, name);
    }
    throw new Error(`no units file of ${image}`);
  };

  it('a damaged file of one batch costs a cancelled run no other', async () => {
    const { dir, handle } = await start(
      harness(),
      (folder) => [
        {
          ...waiting(folder, 'b', 'c'),
          script: {
            ...waiting(folder, 'b', 'c').script,
            [zarrUrl(folder, 'a')]: {
              write: { image_list_updates: [update(zarrUrl(folder, 'a'), { attributes: { kept: true } })] },
            },
          },
        },
      ],
      ['a', 'b', 'c'],
    );
    await untilBegun(dir, 'b');
    await untilBegun(dir, 'c');
    const damaged = await unitsFileOf(dir, 'b');
    await appendFile(damaged, 'edited');
    await handle.cancel();
    expect(await thrownBy(handle.result())).toBeInstanceOf(RunCancelledError);
    await until('the end of its processes', async () => (await processesWith(dir)).length === 0);
    const result = await readResult(dir);
    expect(result.images[0]?.attributes).toMatchObject({ kept: true });
    expect(result.task_runs[0]?.units.map(({ status, cause }) => [status, cause])).toEqual([
      ['done', null],
      ['failed', 'interrupted'],
      ['failed', 'cancelled'],
    ]);
  });
});
