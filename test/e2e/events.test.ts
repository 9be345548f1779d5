/** What `events.jsonl` tells of whole runs on a real server. */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import type { PlannedUnitLine } from '../../src/wire/events.js';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';
import { only, readEventLines, wrongEvents } from '../support/events.js';
import { startHarness, type Harness } from '../support/harness.js';
import { ask, untilStatus } from '../support/operator.js';
import { listOf, makeRequest, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { until } from '../support/until.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

const begin = async (
  tasks: (dir: string) => TaskSpec[],
  images: string[],
  extra: Record<string, unknown> = {},
): Promise<{ dir: string; runDir: string; run: RunHandle }> => {
  const dir = await harness.folder();
  const run = await harness.start(makeRequest({ dir, tasks: tasks(dir), images, extra }));
  return { dir, runDir: join(dir, 'run'), run };
};

const resultIn = async (runDir: string): Promise<RunResult> =>
  JSON.parse(await readFile(join(runDir, 'result.json'), 'utf8')) as RunResult;

const jsonLines = async <T>(path: string): Promise<T[]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);

describe('a run that is done', () => {
  it('tells every step once, in order, with what was planned and what came of it', async () => {
    const { dir, runDir, run } = await begin(
      (folder) => [
        {
          type: 'compound',
          script: {
            '*': { write: listOf({ zarr_url: zarrUrl(folder, 'a') }, { zarr_url: zarrUrl(folder, 'b') }) },
          },
          compute: {
            '*': { write: { image_list_updates: [update(zarrUrl(folder, 'a'), { types: { x: true } })] } },
          },
        },
        { type: 'parallel', input_types: { x: true } },
        { type: 'non_parallel' },
      ],
      ['a', 'b'],
    );
    const result = await run.result();
    expect(wrongEvents(runDir, result)).toBeNull();
    const lines = readEventLines(runDir);
    expect(lines.map(({ key }) => key.replace(/^unit_ended.*/, 'unit_ended'))).toEqual([
      'run_opened',
      ...['task_planned/0/0', 'units_planned/0/0/init', 'unit_ended'],
      ...['units_planned/0/0/compute', 'unit_ended', 'unit_ended', 'task_applied/0/0'],
      ...['task_planned/1/0', 'units_planned/1/0/parallel', 'unit_ended', 'task_applied/1/0'],
      ...['task_planned/2/0', 'units_planned/2/0/non_parallel', 'unit_ended', 'task_applied/2/0'],
      'run_closed',
    ]);
    expect(only(lines, 'task_planned').map((line) => line.available_images)).toEqual([2, 1, 2]);
    const planned = await jsonLines<PlannedUnitLine>(join(runDir, '0_task_0', 'units_planned.jsonl'));
    const both = [zarrUrl(dir, 'a'), zarrUrl(dir, 'b')];
    expect(planned).toEqual([
      { index: 0, component: 'init', zarr_urls: both, log_file: '0_task_0/non_par--log.txt' },
    ]);
    const records = await jsonLines<UnitRecord>(join(runDir, '2_task_2', 'units.jsonl'));
    expect(records.map(({ zarr_url: one, zarr_urls: all }) => ({ one, all }))).toEqual([
      { one: null, all: both },
    ]);
    const parallel = await jsonLines<UnitRecord>(join(runDir, '1_task_1', 'units.jsonl'));
    expect(parallel.map((unit) => Object.hasOwn(unit, 'zarr_urls'))).toEqual([false]);
    const images = await jsonLines(join(runDir, '2_task_2', 'images.jsonl'));
    expect(images).toEqual(result.images);
  });
});

describe('while a batch runs', () => {
  it('the end of a unit is told before the others have ended', async () => {
    const { dir, runDir, run } = await begin(
      (folder) => [
        {
          type: 'parallel',
          script: {
            [zarrUrl(folder, 'bad')]: { exit: 3 },
            [zarrUrl(folder, 'wrong')]: { raw: '[1]' },
            [zarrUrl(folder, 'slow')]: { wait_for: join(folder, 'go') },
          },
        },
      ],
      ['good', 'bad', 'wrong', 'slow'],
    );
    const ends = (): [number, string, string | null][] =>
      existsSync(join(runDir, 'events.jsonl'))
        ? only(readEventLines(runDir), 'unit_ended').map(({ index, status, cause }) => [index, status, cause])
        : [];
    await until('three ends are told', () => ends().length === 3);
    expect(ends().sort(([left], [right]) => left - right)).toEqual([
      [0, 'done', null],
      [1, 'failed', 'exit'],
      [2, 'failed', 'invalid_output'],
    ]);
    await writeFile(join(dir, 'go'), '');
    await run.result().catch(() => undefined);
    expect(wrongEvents(runDir, await resultIn(runDir))).toBeNull();
  });
});

describe('a run that is operated on', () => {
  it('held, retried, given up: each round has its own lines', async () => {
    const dir = await harness.folder();
    const broken = join(dir, 'broken');
    await writeFile(broken, '');
    const tasks: TaskSpec[] = [
      {
        type: 'parallel',
        script: { [zarrUrl(dir, 'b')]: { fail_while: broken }, [zarrUrl(dir, 'c')]: { exit: 4 } },
      },
    ];
    const extra = { recovery: { on_failure: 'wait' } };
    const run = await harness.start(makeRequest({ dir, tasks, images: ['a', 'b', 'c'], extra }));
    await untilStatus(run, 'held');
    await rm(broken);
    await ask(run, 'retry', { units: 'failed' });
    await untilStatus(run, 'held');
    await ask(run, 'skip', { units: 'failed' });
    await run.result().catch(() => undefined);
    const runDir = join(dir, 'run');
    expect(wrongEvents(runDir, await resultIn(runDir))).toBeNull();
    const lines = readEventLines(runDir);
    expect(
      lines.flatMap((line) =>
        line.event === 'unit_ended' ? [] : [`${line.event} ${'generation' in line ? line.generation : ''}`],
      ),
    ).toEqual([
      ...['run_opened ', 'task_planned 0', 'units_planned 0', 'task_applied 0', 'held 0'],
      ...['units_planned 1', 'task_applied 2', 'held 2'],
      ...['units_given_up 3', 'task_applied 4', 'run_closed '],
    ]);
    expect(only(lines, 'held').map((line) => line.failed_units)).toEqual([2, 1]);
    expect(
      only(lines, 'unit_ended')
        .filter((line) => line.generation === 1)
        .map(({ index, status }) => `${index} ${status}`)
        .sort(),
    ).toEqual(['1 done', '2 failed']);
  });

  it('cancelled: units that had not begun have ended as well', async () => {
    const { runDir, run } = await begin(
      (folder) => [{ type: 'parallel', script: { '*': { wait_for: join(folder, 'never') } } }],
      Array.from({ length: 9 }, (_, index) => `i${index}`),
    );
    await until('units run', () => existsSync(join(runDir, '0_task_0', 'par-000000-0000000-log.txt')));
    await run.cancel();
    await run.result().catch(() => undefined);
    const result = await resultIn(runDir);
    expect(result.status).toBe('cancelled');
    expect(wrongEvents(runDir, result)).toBeNull();
  });
});

describe('a run that goes on', () => {
  it('is told to its client as it goes: a unit has ended while another still runs', async () => {
    const { dir, run } = await begin(
      (folder) => [
        { type: 'parallel', script: { [zarrUrl(folder, 'b')]: { wait_for: join(folder, 'go') } } },
      ],
      ['a', 'b'],
    );
    const seen: string[] = [];
    for await (const event of run.events()) {
      seen.push(event.event);
      if (event.event === 'unit_ended') await writeFile(join(dir, 'go'), '');
    }
    expect(seen.filter((name) => name === 'unit_ended')).toHaveLength(2);
    expect(seen.at(-1)).toBe('run_closed');
    expect((await run.result()).status).toBe('done');
  });
});
