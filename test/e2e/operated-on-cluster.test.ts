/** Runs on a cluster in memory in their operator's hand, and what such runs leave behind: outputs, records, statuses. */
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunCancelledError, TaskExecutionError } from '../../src/client/index.js';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';
import { ask, untilStatus } from '../support/operator.js';
import { readResult } from '../support/read-result.js';
import { startClusterGround, type ClusterGround } from '../support/running-cluster.js';
import { makeRequest, update, zarrUrl, type UnitScript } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

let ground: ClusterGround;
beforeAll(async () => {
  ground = await startClusterGround({
    runner_config: { poll_interval_seconds: 0.1, late_file_wait_seconds: 0, vanish_window_seconds: 1 },
  });
});
afterAll(() => ground.harness.stop());

interface Begun {
  dir: string;
  request: Record<string, unknown>;
  /** Names of the images whose units have begun, in their order; of task 1 in capitals. */
  begun(): Promise<string>;
}

/** Two tasks over the images a, b and c, a job each, one unit at once. */
const prepare = async (
  script: (dir: string) => Record<string, UnitScript>,
  recovery: object = {},
): Promise<Begun> => {
  const dir = await ground.harness.folder();
  const does = Object.entries(script(dir)).map(([name, steps]) => [zarrUrl(dir, name), steps] as const);
  const meta = { tasks_per_job: 3, parallel_tasks_per_job: 1 };
  const files = [join(dir, 'first'), join(dir, 'second')];
  const tasks = files.map((runs_file, index) => ({
    ...{ type: 'parallel' as const, meta, runs_file, output_types: { [`task${index}`]: true } },
    script: index === 0 ? Object.fromEntries(does) : {},
  }));
  const extra = { backend: 'slurm', recovery };
  const namesIn = async (file: string | undefined) =>
    (await readFile(file ?? '', 'utf8').catch(() => ''))
      .split('\n')
      .map((line) => line.slice(-1))
      .join('');
  return {
    dir,
    request: makeRequest({ dir, tasks, images: ['a', 'b', 'c'], extra }),
    begun: async () => (await namesIn(files[0])) + (await namesIn(files[1])).toUpperCase(),
  };
};

const typesOf = ({ images }: RunResult): string[] =>
  images.map(({ types }) => Object.keys(types).toSorted().join(' '));

const wait = { on_failure: 'wait' };
const failing = (): Record<string, UnitScript> => ({ b: { exit: 3 } });
const waiting = (dir: string): Record<string, UnitScript> => ({
  b: { tell: join(dir, 'began'), wait_for: join(dir, 'go') },
});

it.concurrent.each<[string, string, string, string[]]>([
  ['skip', 'failed', 'abcAC', ['task0 task1', '', 'task0 task1']],
  ['stop', 'failed', 'abc', ['task0', '', 'task0']],
])('a held run: %s ends it as its failure does', async (name, status, begun, types) => {
  const one = await prepare(failing, wait);
  const run = await ground.harness.start(one.request);
  await untilStatus(run, 'held');
  expect((await run.progress()).pending).toEqual([]);
  await ask(run, name);
  await expect(run.result()).rejects.toThrow(TaskExecutionError);
  const result = await readResult(one.dir);
  expect([result.status, await one.begun(), typesOf(result)]).toEqual([status, begun, types]);
});

it.concurrent('on_failure continue: the rest goes on, and the run ends with the first failure', async () => {
  const one = await prepare(failing, { on_failure: 'continue' });
  const run = await ground.harness.start(one.request);
  await expect(run.result()).rejects.toMatchObject({
    details: { workflow_task_order: 0, unit_index: 1, exit_code: 3 },
  });
  expect(await one.begun()).toBe('abcAC');
  expect(typesOf(await readResult(one.dir))).toEqual(['task0 task1', '', 'task0 task1']);
});

it.concurrent('pause: the job at work ends as it is, and no other is submitted until resume', async () => {
  const one = await prepare(waiting);
  const run = await ground.harness.start(one.request);
  await untilFile(join(one.dir, 'began'));
  await ask(run, 'pause');
  await writeFile(join(one.dir, 'go'), '');
  await untilStatus(run, 'paused');
  const jobs = () => ground.cluster.scripts.filter((script) => script.includes(one.dir)).length;
  expect([await one.begun(), jobs()]).toEqual(['abc', 1]);
  await ask(run, 'resume');
  expect((await run.result()).status).toBe('done');
  expect([await one.begun(), jobs()]).toEqual(['abcABC', 2]);
});

it.concurrent('stop: the job at work is cancelled with its processes, and what is done is kept', async () => {
  const one = await prepare(waiting);
  const run = await ground.harness.start(one.request);
  await untilFile(join(one.dir, 'began'));
  await ask(run, 'stop');
  await expect(run.result()).rejects.toThrow(RunCancelledError);
  await writeFile(join(one.dir, 'go'), '');
  const result = await readResult(one.dir);
  expect(result.task_runs[0]?.units.map(({ status, cause }) => `${status} ${cause ?? ''}`)).toEqual([
    ...['done ', 'failed cancelled', 'failed cancelled'],
  ]);
  expect([result.status, await one.begun(), typesOf(result)]).toEqual([
    ...['cancelled', 'ab', ['task0', '', '']],
  ]);
});

it.concurrent.each([
  ['by policy', { exit_codes: { '75': { tries: 1 } } }],
  ['by its operator', wait],
])('%s a unit runs again without the output of its earlier try', async (_, recovery) => {
  const stale = (dir: string) => ({ image_list_updates: [update(zarrUrl(dir, 'stale'))] });
  const one = await prepare((dir) => ({ b: { exits: [75, 0], writes: [stale(dir), null] } }), recovery);
  const run = await ground.harness.start(one.request);
  if (recovery === wait) {
    await untilStatus(run, 'held');
    await ask(run, 'retry');
  }
  const result = await run.result();
  expect(await one.begun()).toBe('abcbABC');
  expect(typesOf(result)).toEqual(Array(3).fill('task0 task1'));
});

it.concurrent('units.jsonl has what result.json has of each try: signal, node, job', async () => {
  const one = await prepare((dir) => ({ a: { signal: 'SIGSEGV' }, b: waiting(dir)['b'] ?? {} }), {
    ...wait,
    tasks: { '0': { infrastructure: { tries: 1 } } },
  });
  const run = await ground.harness.start(one.request);
  await untilFile(join(one.dir, 'began'));
  ground.cluster.loseJobs(one.dir);
  await writeFile(join(one.dir, 'go'), '');
  await untilStatus(run, 'held');
  await ask(run, 'stop');
  await run.result().catch(() => undefined);
  const lines = (await readFile(join(one.dir, 'run', '0_task_0', 'units.jsonl'), 'utf8')).trim().split('\n');
  const units = lines.map((line) => JSON.parse(line) as UnitRecord);
  expect(units).toEqual((await readResult(one.dir)).task_runs[0]?.units);
  const tried = units.map(({ tries = [] }) =>
    tries.map(({ n, cause, signal, node, job }) => [n, cause, signal, node, job !== null]),
  );
  expect(tried).toEqual([
    [[1, 'signal', 11, hostname(), true]],
    [
      [1, 'interrupted', null, null, true],
      [2, null, null, hostname(), true],
    ],
    [
      [1, 'never_started', null, null, false],
      [2, null, null, hostname(), true],
    ],
  ]);
});

it.concurrent.each([
  ['submitted', 'abbcBC'],
  ['done', 'abA'],
])('the filter by status knows what a lost run had planned: %s', async (status, begun) => {
  const { harness, cluster } = ground;
  const one = await prepare(waiting);
  const run = await harness.start(one.request);
  await untilFile(join(one.dir, 'began'));
  await until(
    'the unit before to be seen as done',
    async () => ((await run.progress()).progress?.tasks[0]?.units_done ?? 0) > 0,
  );
  await run.temporal.terminate('lost');
  cluster.endJobs('TIMEOUT', one.dir);
  await writeFile(join(one.dir, 'go'), '');
  const again = await harness.start({
    ...one.request,
    workflow_dir_local: join(one.dir, 'again'),
    continue_from: join(one.dir, 'run'),
    job_attribute_filters: { __wftask_dataset_image_status__: [status] },
    recovery: { rerun_interrupted: true },
  });
  expect((await again.result()).status).toBe('done');
  expect(await one.begun()).toBe(begun);
});
