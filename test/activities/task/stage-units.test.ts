import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyOf } from '../../../src/activities/batch/batch-of.js';
import type { PlanFile } from '../../../src/state/plan-file.js';
import { stageUnits, type BatchUnits } from '../../../src/activities/task/stage-units.js';
import { formatUnit } from '../../../src/batch/units-file.js';
import type { TryEvidence } from '../../../src/outcomes/evidence.js';
import { publishEvidence } from '../../../src/state/evidence-file.js';
import { publishState } from '../../../src/state/files.js';
import { evidencePath } from '../../../src/state/paths.js';
import { endedUnit, neverBegunUnit, saidEnd, tryOf, policyWith } from '../../outcomes/evidence.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-stage-'));
});
afterEach(() => rm(folder, { recursive: true }));

const run = () => ({
  ...{ dir: folder, uuid: '0123456789abcdef0123456789abcdef', workflow_id: 'w' },
  request: { path: '', sha256: '' },
});

/** A plan of five units in batches of two. */
const plan = async (): Promise<PlanFile> => {
  const batches = [];
  for (const [batch, indices] of [[0, 1], [2, 3], [4]].entries()) {
    const lines = indices.map(
      (index) => `${formatUnit({ index, stem: `par-${index}`, args: { zarr_url: `/zarr/${index}` } })}\n`,
    );
    const units = await publishState(join(folder, `units-${batch}`), lines);
    batches.push({ units, count: indices.length });
  }
  return {
    ...{ position: 0, stage: 'first', component: 'parallel', workflow_task_id: 1, order: 0 },
    ...{ task_name: 'Task', task_dir: folder, command: ['true'] },
    ...{ layout: { unitsPerBatch: 2, lanes: 1, resources: {} }, units: 5, batches },
  };
};

const pathOf = ({ header }: TryEvidence): string => {
  const which = { run: run(), position: 0, stage: 'first', batch: header.batch, try: header.try } as const;
  return evidencePath(folder, keyOf(which));
};

const publish = async (...tries: TryEvidence[]): Promise<void> => {
  for (const each of tries) await publishEvidence(pathOf(each), each);
};

const read = async (
  tries: { begun: number; more_tries: Record<string, number> },
  cancelled = false,
): Promise<BatchUnits[]> => {
  const source = {
    ...{ run: run(), plan: await plan(), tries, cancelled, lateUntil: 0 },
    ...{ policy: policyWith(), workflowName: 'Workflow', backend: 'local' },
  };
  const batches: BatchUnits[] = [];
  for await (const batch of stageUnits(source)) batches.push(batch);
  return batches;
};

it('the last try that says something of a unit counts, in the order of the units', async () => {
  await publish(
    tryOf({ batch: 0, complete: false, end: saidEnd('node') }, neverBegunUnit(0), endedUnit(1, 0)),
    tryOf({ batch: 0, try: 2 }, endedUnit(0, 0)),
    tryOf({ batch: 1, complete: false, end: saidEnd('failed') }, endedUnit(2, 0), neverBegunUnit(3)),
    tryOf({ batch: 2 }, endedUnit(4, 3)),
  );
  const batches = await read({ begun: 3, more_tries: { '0': 2 } });
  expect(batches.map(({ headers }) => headers.map((header) => header.try))).toEqual([[1, 2], [1], [1]]);
  const units = batches.flatMap((batch) => batch.units);
  expect(units.map(({ index, status, cause, header }) => [index, status, cause, header?.try])).toEqual([
    [0, 'done', null, 2],
    [1, 'done', null, 1],
    [2, 'done', null, 1],
    [3, 'failed', 'never_started', 1],
    [4, 'failed', 'exit', 1],
  ]);
});

it('units of batches that have not begun are those of the plan, and never started', async () => {
  await publish(tryOf({ batch: 0 }, endedUnit(0, 0), endedUnit(1, 0)));
  const units = (await read({ begun: 1, more_tries: {} }, true)).flatMap((batch) => batch.units);
  expect(
    units.map(({ index, stem, zarr_url, status, cause }) => [index, stem, zarr_url, status, cause]),
  ).toEqual([
    [0, 'par-0', '/zarr/0', 'done', null],
    [1, 'par-1', '/zarr/1', 'done', null],
    [2, 'par-2', '/zarr/2', 'failed', 'cancelled'],
    [3, 'par-3', '/zarr/3', 'failed', 'cancelled'],
    [4, 'par-4', '/zarr/4', 'failed', 'cancelled'],
  ]);
  const never = (await read({ begun: 0, more_tries: {} })).flatMap((batch) => batch.units);
  expect(new Set(never.map(({ cause }) => cause))).toEqual(new Set(['never_started']));
});

it('evidence that is gone or was edited fails its own units, by its name, and no others', async () => {
  const damaged = tryOf({ batch: 1 }, endedUnit(2, 0), endedUnit(3, 0));
  await publish(tryOf({ batch: 0 }, endedUnit(0, 0), endedUnit(1, 0)), damaged);
  await writeFile(pathOf(damaged), 'edited');
  const units = (await read({ begun: 3, more_tries: {} })).flatMap((batch) => batch.units);
  expect(units.map(({ index, status, cause }) => [index, status, cause])).toEqual([
    [0, 'done', null],
    [1, 'done', null],
    [2, 'failed', 'interrupted'],
    [3, 'failed', 'interrupted'],
    [4, 'failed', 'interrupted'],
  ]);
  expect(units[2]?.message).toContain(pathOf(damaged));
  expect(units[4]?.message).toContain('is not there any more');
});

it('what could not be read once is given up for everybody, also when it comes to light later', async () => {
  const late = tryOf({ batch: 1 }, endedUnit(2, 0), endedUnit(3, 0));
  const statuses = async (): Promise<string[]> =>
    (await read({ begun: 2, more_tries: {} })).flatMap(({ units }) => units.map(({ status }) => status));
  await publish(tryOf({ batch: 0 }, endedUnit(0, 0), endedUnit(1, 0)));
  const seen = await statuses();
  expect(seen).toEqual(['done', 'done', 'failed', 'failed', 'failed']);
  await publish(late);
  expect(await statuses()).toEqual(seen);
});
