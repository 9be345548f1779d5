import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PlanFile } from '../../src/activities/plan-file.js';
import { stageUnits, type BatchUnits } from '../../src/activities/stage-units.js';
import { formatUnit } from '../../src/batch/units-file.js';
import { formatOutcome } from '../../src/outcomes/outcome-file.js';
import type { Outcome } from '../../src/outcomes/unit-outcome.js';
import { StateCorrupt } from '../../src/state/errors.js';
import { publishState } from '../../src/state/files.js';
import type { FileReference } from '../../src/wire/failure.js';
import { outcome, unit } from '../outcomes/outcomes.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-stage-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A plan of five units in batches of two. */
const plan = async (): Promise<PlanFile> => {
  const batches = [];
  for (const [batch, indices] of [[0, 1], [2, 3], [4]].entries()) {
    const lines = indices.map(
      (index) =>
        `${formatUnit({ index, stem: `par-${String(index)}`, args: { zarr_url: `/zarr/${String(index)}` } })}\n`,
    );
    const units = await publishState(join(folder, `units-${String(batch)}`), lines);
    batches.push({ units, count: indices.length });
  }
  return {
    ...{
      position: 0,
      stage: 'first',
      component: 'parallel',
      workflow_task_id: 1,
      order: 0,
      task_name: 'Task',
    },
    ...{ task_dir: folder, command: ['true'], layout: { unitsPerBatch: 2, lanes: 1, resources: {} } },
    ...{ units: 5, batches },
  };
};

const published = (outcomes: Outcome[]): Promise<FileReference[]> =>
  Promise.all(
    outcomes.map((one, index) => publishState(join(folder, `outcome-${String(index)}`), formatOutcome(one))),
  );

const read = async (outcomes: FileReference[], cancelled = false): Promise<BatchUnits[]> => {
  const batches: BatchUnits[] = [];
  for await (const batch of stageUnits({ plan: await plan(), outcomes, cancelled })) batches.push(batch);
  return batches;
};

it('the last try that says something of a unit counts, in the order of the units', async () => {
  const references = await published([
    outcome({ batch: 0, try: 1 }, unit(0, { status: 'again' }), unit(1, { seconds: 7 })),
    outcome({ batch: 0, try: 2 }, unit(0, { seconds: 9 })),
    outcome({ batch: 1 }, unit(2), unit(3, { status: 'again', cause: 'never_started' })),
    outcome({ batch: 2 }, unit(4, { status: 'failed', cause: 'exit' })),
  ]);
  const batches = await read(references);
  expect(batches.map(({ headers }) => headers.map((header) => header.try))).toEqual([[1, 2], [1], [1]]);
  const units = batches.flatMap((batch) => batch.units);
  expect(units.map(({ index, status, seconds, header }) => [index, status, seconds, header?.try])).toEqual([
    [0, 'done', 9, 2],
    [1, 'done', 7, 1],
    [2, 'done', 1, 1],
    [3, 'failed', 1, 1],
    [4, 'failed', 1, 1],
  ]);
});

it('units of which no try speaks are those of the plan, and never started', async () => {
  const references = await published([outcome({ batch: 1 }, unit(2))]);
  const units = (await read(references, true)).flatMap((batch) => batch.units);
  expect(
    units.map(({ index, stem, zarr_url, status, cause }) => [index, stem, zarr_url, status, cause]),
  ).toEqual([
    [0, 'par-0', '/zarr/0', 'failed', 'cancelled'],
    [1, 'par-1', '/zarr/1', 'failed', 'cancelled'],
    [2, 'par-2', '/zarr/2', 'done', null],
    [3, 'par-3', '/zarr/3', 'failed', 'cancelled'],
    [4, 'par-4', '/zarr/4', 'failed', 'cancelled'],
  ]);
  const never = (await read([])).flatMap((batch) => batch.units);
  expect(new Set(never.map(({ cause }) => cause))).toEqual(new Set(['never_started']));
});

it('an outcome that was edited, or that stands in the wrong place, is never passed over', async () => {
  const references = await published([
    outcome({ batch: 1 }, unit(2), unit(3)),
    outcome({ batch: 0 }, unit(0), unit(1)),
  ]);
  await expect(read(references)).rejects.toThrow(RangeError);
  const [first] = references;
  if (first === undefined) throw new TypeError('nothing was published');
  await writeFile(first.path, 'edited');
  await expect(read([first])).rejects.toThrow(StateCorrupt);
});
