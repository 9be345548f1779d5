/** Commands on runs that live, are held or have ended, and what comes of them: pause, resume, retry, continue, `run --again`. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { untilStatus } from '../support/operator.js';
import { startClusterGround, type ClusterGround } from '../support/running-cluster.js';
import { makeRequest, zarrUrl, type UnitScript } from '../support/scripted-requests.js';
import { untilFile } from '../support/until.js';

const { address, binary } = inject('temporal');
let sandbox: Sandbox;
let ground: ClusterGround;
beforeAll(async () => {
  sandbox = await createSandbox(binary);
  ground = await startClusterGround({
    runner_config: { poll_interval_seconds: 0.1, late_file_wait_seconds: 0 },
  });
});
afterAll(async () => {
  await sandbox.dispose();
  await ground.harness.stop();
});

const command = (...words: string[]) => sandbox.run([...words, '--address', address]);

/** Commands that start runs; these have a queue of their own. */
const starting = (...words: string[]): string[] => [
  ...words,
  ...['--address', address, '--task-queue', ground.harness.workflowQueue],
];

/** A task over the images a and b, one after the other in one job; what the unit of a or b does is given. */
const prepare = async (does: (dir: string) => Record<string, UnitScript>, recovery: object = {}) => {
  const dir = await ground.harness.folder();
  const script = Object.fromEntries(
    Object.entries(does(dir)).map(([name, steps]) => [zarrUrl(dir, name), steps] as const),
  );
  const meta = { tasks_per_job: 2, parallel_tasks_per_job: 1 };
  const runs_file = join(dir, 'runs');
  const output_types = { seen: true };
  const tasks = [{ type: 'parallel' as const, meta, runs_file, output_types, script }];
  const extra = { backend: 'slurm', activity_task_queue: ground.harness.activityQueue, recovery };
  const request = makeRequest({ dir, tasks, images: ['a', 'b'], extra });
  const file = join(dir, 'request.json');
  await writeFile(file, JSON.stringify(request));
  const begun = async () =>
    (await readFile(runs_file, 'utf8'))
      .split('\n')
      .map((line) => line.slice(-1))
      .join('');
  return { dir, request, file, begun };
};

const waiting = (dir: string): Record<string, UnitScript> => ({
  a: { tell: join(dir, 'began'), wait_for: join(dir, 'go') },
});
const breaking = (dir: string): Record<string, UnitScript> => ({ b: { fail_while: join(dir, 'broken') } });

it('pause --now lets the unit at work end and begins no other; resume goes on', async () => {
  const { dir, request, begun } = await prepare(waiting);
  const run = await ground.harness.start(request);
  await untilFile(join(dir, 'began'));
  const paused = await command('pause', run.workflowId, '--now');
  expect([paused.code, paused.stderr]).toEqual([
    0,
    'pausing: no further batch begins; those at work (1) end the units that they have begun and start no other\n',
  ]);
  await writeFile(join(dir, 'go'), '');
  await untilStatus(run, 'paused');
  expect(await begun()).toBe('a');
  expect(await command('resume', run.workflowId)).toMatchObject({ code: 0, stdout: '' });
  expect((await run.result()).status).toBe('done');
  expect(await begun()).toBe('ab');
});

it('retry runs a unit that was interrupted only with --rerun-interrupted', async () => {
  const { dir, request, begun } = await prepare(waiting, { on_failure: 'wait' });
  const run = await ground.harness.start(request);
  await untilFile(join(dir, 'began'));
  ground.cluster.endJobs('TIMEOUT', dir);
  await writeFile(join(dir, 'go'), '');
  await untilStatus(run, 'held');
  const refused = await command('retry', run.workflowId);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('rerun_interrupted')]);
  const retried = await command('retry', run.workflowId, '--rerun-interrupted');
  expect([retried.code, retried.stderr]).toEqual([0, 'Task 0 Task 0: 1 unit again\n']);
  expect((await run.result()).status).toBe('done');
  expect((await begun()).split('').toSorted().join('')).toBe('aab');
});

it('run --again joins a run that is held, then does what it has left, and in the end nothing', async () => {
  const { dir, file, begun } = await prepare(breaking, { on_failure: 'wait' });
  await writeFile(join(dir, 'broken'), '');
  const again = starting('run', file, '--again');
  const [first, second] = [sandbox.start(again), sandbox.start(again)];
  await first.says('The run is held');
  await second.says('The run is held');
  const joined = [first, second].map((run) => /^(Started|Joined) run/m.exec(run.stderr())?.[1]);
  expect(joined.toSorted()).toEqual(['Joined', 'Started']);
  expect(await begun()).toBe('ab');
  expect((await command('skip', join(dir, 'run'))).code).toBe(0);
  expect(await Promise.all([first.ended, second.ended])).toEqual([3, 3]);
  await rm(join(dir, 'broken'));
  const mended = await sandbox.run(again);
  expect(mended.stderr).toContain(`Goes on from ${join(dir, 'run')}, in ${join(dir, 'run.2')}.`);
  const result = JSON.parse(mended.stdout) as RunResult;
  expect([mended.code, result.status, await begun()]).toEqual([0, 'done', 'abb']);
  expect(result.images.map(({ types }) => types)).toEqual([{ seen: true }, { seen: true }]);
  const done = await sandbox.run(again);
  expect(done.stderr).toContain('is done: nothing is left to do.');
  expect([done.code, JSON.parse(done.stdout), await begun()]).toEqual([0, result, 'abb']);
});

it('continue takes the id of a run that has ended, and a directory for the new one', async () => {
  const { dir, request, begun } = await prepare(breaking);
  await writeFile(join(dir, 'broken'), '');
  const run = await ground.harness.start(request);
  await expect(run.result()).rejects.toThrow(/exit code 9/);
  const second = await sandbox.run(starting('continue', run.workflowId));
  expect(second.stderr).toContain(`Goes on from ${join(dir, 'run')}, in ${join(dir, 'run.2')}.`);
  expect([second.code, await begun()]).toEqual([3, 'abb']);
  await rm(join(dir, 'broken'));
  const place = join(dir, 'elsewhere');
  const third = await sandbox.run(starting('continue', join(dir, 'run.2'), '--workflow-dir', place));
  expect([third.code, await begun()]).toEqual([0, 'abbb']);
  expect(JSON.parse(third.stdout)).toMatchObject({ status: 'done', workflow_dir: place });
});
