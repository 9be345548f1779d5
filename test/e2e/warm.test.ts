/** Whole runs whose units are forked from warm interpreters (docs/warm-start.md). */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { warmFolder } from '../../src/executors/local/folders.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until } from '../support/until.js';
import { logOf, python } from '../warm/warm-scripts.js';

let harness: Harness;
let root = '';
beforeAll(async () => {
  harness = await startHarness({
    address: inject('temporal').address,
    backend: (stateDir, queue) => {
      root = warmFolder(stateDir, queue);
      return createLocalBackend({ stateDir, queue, maxUnits: 2, warmCache: join(stateDir, 'learned') });
    },
  });
});
afterAll(() => harness.stop());

/** Says who has forked it, and how many threads its libraries may start. */
const PROGRAM = `import json, decimal, os
parent = open('/proc/%d/comm' % os.getppid()).read().strip()
print(parent[:6], os.environ['OMP_NUM_THREADS'])
`;

/** Folders of servers: one for each environment of units. */
const servers = async (): Promise<string[]> =>
  (await readdir(root).catch(() => [])).filter((name) => name.length === 24);

it('the servers that a run has made ready are those of its units, one for each environment', async () => {
  const dir = await harness.folder();
  const commands = ['first', 'second', 'third'].map((name) => join(dir, `${name}.py`));
  for (const program of commands) await writeFile(program, PROGRAM);
  const tasks = commands.map((program, index) => ({
    type: 'parallel' as const,
    command: `${python} ${program}`,
    // Two of them have servers of one kind, whose base has what both import.
    meta: index === 2 ? { cpus_per_task: 2 } : {},
  }));
  const request = { ...makeRequest({ dir, tasks, images: ['a', 'b', 'c', 'd'] }), warm_start: true };
  const { task_runs: runs } = await (await harness.start(request)).result();
  const logs = await Promise.all(
    runs.map(({ units }) => Promise.all(units.map(({ log_file: file }) => readFile(file, 'utf8')))),
  );
  expect(logs).toEqual([1, 1, 2].map((threads) => Array<string>(4).fill(`python ${threads}\n`)));
  expect((await servers()).length).toBe(2);
  await until('a base', async () => (await logOf({ root, cacheFolder: '' })).includes('base is ready'));
});

it('while units of one task run, those of the next two are prepared, and no more', async () => {
  const dir = await harness.folder();
  const scripts = ['waits', 'next', 'second', 'third'].map((name) => join(dir, `${name}.py`));
  const waits = `import time\nwhile not os.path.exists('${join(dir, 'go')}'): time.sleep(0.02)\n`;
  for (const [index, script] of scripts.entries())
    await writeFile(script, PROGRAM + (index < 2 ? waits : ''));
  const tasks = scripts.map((program) => ({
    type: 'parallel' as const,
    command: `${python} ${program}`,
    // A server of its own.
    meta: { cpus_per_task: 2, parallel_tasks_per_job: 1 },
  }));
  const handle = await harness.start({ ...makeRequest({ dir, tasks, images: ['a'] }), warm_start: true });
  const isReady = async (index: number): Promise<boolean> =>
    (await logOf({ root, cacheFolder: '' })).includes(`${scripts[index] ?? ''} is ready`);
  for (const index of [1, 2]) await until(`node ${index}`, () => isReady(index));
  expect(await isReady(3)).toBe(false);
  await writeFile(join(dir, 'go'), '');
  const { task_runs: runs } = await handle.result();
  expect(runs.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
});

it("a task's own word is the last one: its units are started plainly", async () => {
  const dir = await harness.folder();
  const program = join(dir, 'plain.py');
  await writeFile(program, PROGRAM);
  const before = (await servers()).length;
  const task = { type: 'parallel' as const, command: `${python} ${program}`, meta: { warm_start: false } };
  const request = { ...makeRequest({ dir, tasks: [task], images: ['a', 'b'] }), warm_start: true };
  const { task_runs: runs } = await (await harness.start(request)).result();
  const units = runs[0]?.units ?? [];
  for (const { log_file: file } of units) expect(await readFile(file, 'utf8')).toBe('bash 1\n');
  expect((await servers()).length).toBe(before);
});
