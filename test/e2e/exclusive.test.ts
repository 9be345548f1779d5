/** Whole runs whose units must not meet (docs/request.md, "Units that must not meet"). */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { PlanFile } from '../../src/state/plan-file.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, refusal, untilStatus } from '../support/operator.js';
import {
  listOf,
  makeRequest,
  zarrUrl,
  type TaskSpec,
  type UnitScript,
} from '../support/scripted-requests.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address, maxUnits: 4, unitsPerBatch: 2 });
});
afterAll(() => harness.stop());

/** Two wells of three images each, a fourth and fifth image without one, another on its own; not well by well. */
const wells: Record<string, string | null> = {
  ...{ a: 'A1', b: 'A2', c: 'A1', d: null, e: 'A2', f: 'A3', g: 'A1', h: 'A2', i: null },
};
const names = Object.keys(wells);
const wellOf = (name: string): string => wells[name] ?? 'none';

/** Each unit ends with 8 when it meets another of its well. */
const alone = (dir: string, more: (name: string) => UnitScript = () => ({})): Record<string, UnitScript> =>
  Object.fromEntries(
    names.map((name) => [
      zarrUrl(dir, name),
      { alone: join(dir, `busy-${wellOf(name)}`), tell: join(dir, `began-${name}`), ...more(name) },
    ]),
  );

const requestIn = (dir: string, task: Omit<TaskSpec, 'name'>, extra: Record<string, unknown> = {}) => {
  const request = makeRequest({ dir, tasks: [{ name: 'one', ...task }], images: names, extra });
  const images = names.map((name) => ({
    zarr_url: zarrUrl(dir, name),
    attributes: { plate: 'p', ...(wells[name] ? { well: wells[name] } : {}) },
  }));
  return { ...request, dataset: { ...request.dataset, images } };
};

/** @param begins the beginning of its name. */
const planIn = async (dir: string, begins: string): Promise<PlanFile> => {
  const plans = join(dir, 'run', '.runner', 'plans');
  const name = (await readdir(plans)).find((file) => file.startsWith(begins));
  return JSON.parse(await readFile(join(plans, name ?? begins), 'utf8')) as PlanFile;
};

it('of one well one runs at a time, in whatever batch and try, and others meanwhile', async () => {
  const dir = await harness.folder();
  // The first of each well waits for one of another well, so that nothing ends where they are held up.
  const awaited: Record<string, string> = { a: 'b', b: 'a' };
  const meets = (name: string): UnitScript => ({
    exits: [75, 0],
    ...(awaited[name] ? { wait_for: join(dir, `began-${awaited[name]}`) } : {}),
  });
  const script = alone(dir, meets);
  const extra = { exclusive: ['well'], recovery: { exit_codes: { '75': { tries: 1 } } } };
  const handle = await harness.start(requestIn(dir, { type: 'parallel', script }, extra));
  const result = await handle.result();
  const units = result.task_runs[0]?.units ?? [];
  expect(units.map(({ zarr_url: url, index }) => [index, url])).toEqual(
    ['a', 'c', 'g', 'b', 'e', 'h', 'd', 'i', 'f'].map((name, index) => [index, zarrUrl(dir, name)]),
  );
  expect(units.map(({ tries }) => tries?.map(({ exit_code: code }) => code))).toEqual(
    names.map(() => [75, 0]),
  );
  const { exclusive, batches } = await planIn(dir, '000000-first.json');
  expect(exclusive).toEqual(['well']);
  expect(batches.map(({ count, groups }) => [count, groups])).toEqual([
    [6, 2],
    [3, 2],
  ]);
  // The marks of groups are gone with the units.
  const left = await readdir(join(dir, 'run', '.runner', 'batches'), { recursive: true });
  expect(left.filter((name) => name.includes('group-'))).toEqual([]);
  expect(await readFile(join(dir, 'run', 'workflow.log'), 'utf8')).toContain(
    '9 units in 2 batches, at most 4 at once (exclusive: well)',
  );
});

it("an operator's retry keeps them apart, and cannot say otherwise", async () => {
  const dir = await harness.folder();
  const broken = join(dir, 'broken');
  await writeFile(broken, '');
  const script = alone(dir, () => ({ fail_while: broken }));
  const meta = { exclusive: ['plate', 'well'] };
  const extra = { recovery: { on_failure: 'wait' } };
  const handle = await harness.start(requestIn(dir, { type: 'parallel', script, meta }, extra));
  await untilStatus(handle, 'held');
  const question = { units: 'failed', meta: { exclusive: [] } };
  expect(await refusal(ask(handle, 'retry', question))).toContain('must not meet');
  await rm(broken);
  await ask(handle, 'retry', { units: 'failed' });
  const result = await handle.result();
  expect(result.status).toBe('done');
  const { batches } = await planIn(dir, '000000-retry.');
  expect(batches.map(({ count, groups }) => [count, groups])).toEqual([
    [6, 2],
    [3, 2],
  ]);
});

it("a compound's compute units are apart by the images that they work on", async () => {
  const dir = await harness.folder();
  const items = names.flatMap((name) =>
    [1, 2].map((k) => ({ zarr_url: zarrUrl(dir, name), init_args: { k } })),
  );
  const meta = { exclusive: ['well'] };
  const task = { type: 'compound' as const, meta, script: { '*': { write: listOf(...items) } } };
  const handle = await harness.start(requestIn(dir, { ...task, compute: alone(dir) }));
  const result = await handle.result();
  expect(result.status).toBe('done');
  const { batches } = await planIn(dir, '000000-compute.json');
  expect(batches.map(({ count, groups }) => [count, groups])).toEqual([
    [12, 2],
    [6, 2],
  ]);
});

it('a wrong list is refused before anything runs', async () => {
  const dir = await harness.folder();
  const handle = await harness.start(requestIn(dir, { type: 'parallel', meta: { exclusive: 'well' } }));
  await expect(handle.result()).rejects.toThrow(
    'exclusive: expected a list of names of attributes, got "well"',
  );
});
