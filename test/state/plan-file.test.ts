import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StorageFailed } from '../../src/state/errors.js';
import { adoptPlan, sharedPlanReader, type PlanFile } from '../../src/state/plan-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-plan-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const plan: PlanFile = {
  ...{ position: 0, stage: 'first', component: 'parallel', workflow_task_id: 1, order: 0 },
  ...{ task_name: 'Task', task_dir: '/run/0_task', command: ['true'] },
  ...{ layout: { unitsPerBatch: 1, lanes: 1, resources: {} }, units: 0, batches: [] },
};

describe('a plan that many batches share', () => {
  it('is one in memory, for those that read it at once and for those that come later', async () => {
    const { reference } = await adoptPlan(join(folder, 'plan.json'), plan);
    const read = sharedPlanReader();
    const [one, two] = await Promise.all([read(reference), read(reference)]);
    expect(one).toEqual(plan);
    expect(two).toBe(one);
    expect(await read(reference)).toBe(one);
    expect(await sharedPlanReader()(reference)).not.toBe(one);
  });

  it('is read again after it could not be read', async () => {
    const path = join(folder, 'plan.json');
    const { reference } = await adoptPlan(path, plan);
    await rename(path, join(folder, 'away'));
    const read = sharedPlanReader();
    await expect(read(reference)).rejects.toBeInstanceOf(StorageFailed);
    await rename(join(folder, 'away'), path);
    expect(await read(reference)).toEqual(plan);
  });

  it('is told from another of the same content', async () => {
    const first = await adoptPlan(join(folder, 'first.json'), plan);
    const second = await adoptPlan(join(folder, 'second.json'), plan);
    await rm(second.reference.path);
    const read = sharedPlanReader();
    await read(first.reference);
    await expect(read(second.reference)).rejects.toBeInstanceOf(StorageFailed);
  });
});
