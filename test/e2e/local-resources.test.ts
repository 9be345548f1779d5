/** Whole runs on the local backend whose units ask for CPUs, memory and GPUs (docs/local.md, "What units ask for"). */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    address: inject('temporal').address,
    backend: (stateDir, queue) =>
      createLocalBackend({ stateDir, queue, maxUnits: 4, cpus: 4, mem: 1_000, gpus: ['3', '5'] }),
  });
});
afterAll(() => harness.stop());

/** Fails where another unit has its GPU. */
const PROGRAM = `mkdir "$0-busy-$CUDA_VISIBLE_DEVICES" || exit 8
sleep 0.1
rmdir "$0-busy-$CUDA_VISIBLE_DEVICES"
echo "gpu=$CUDA_VISIBLE_DEVICES threads=$OMP_NUM_THREADS"
`;

it('GPUs are handed out one to a unit, and units are told how many threads they may start', async () => {
  const dir = await harness.folder();
  const program = join(dir, 'program.sh');
  await writeFile(program, PROGRAM);
  const meta = { needs_gpu: true, cpus_per_task: 2, mem: 100 };
  const request = makeRequest({
    dir,
    tasks: [{ type: 'parallel', command: `bash ${program}`, meta }],
    images: ['a', 'b', 'c', 'd', 'e'],
  });
  const result = await (await harness.start(request)).result();
  const units = result.task_runs[0]?.units ?? [];
  const logs = await Promise.all(units.map(({ log_file: file }) => readFile(file, 'utf8')));
  expect(logs.map((text) => text.trim())).toEqual(
    units.map(() => expect.stringMatching(/^gpu=[35] threads=2$/) as string),
  );
  expect(units[0]?.tries?.[0]?.asked).toEqual({ cpus_per_unit: 2, mem_mb_per_unit: 100, gpus_per_unit: 1 });
});

/** Fails where two others run already. */
const OF_TWO = `mkdir "$0-busy-1" 2>/dev/null && mine="$0-busy-1" || { mkdir "$0-busy-2" && mine="$0-busy-2"; } || exit 8
sleep 0.1
rmdir "$mine"
`;

it.each([
  ['memory', { mem: 400 }],
  ['CPUs', { cpus_per_task: 2 }],
])('no more units run at once than there is %s for', async (_, meta) => {
  const dir = await harness.folder();
  const program = join(dir, 'program.sh');
  await writeFile(program, OF_TWO);
  const tasks = [{ type: 'parallel' as const, command: `bash ${program}`, meta }];
  const images = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const result = await (await harness.start(makeRequest({ dir, tasks, images }))).result();
  expect(result.task_runs[0]?.units.map(({ exit_code: code }) => code)).toEqual(images.map(() => 0));
});

it('what can never fit is refused before anything runs, with words', async () => {
  const dir = await harness.folder();
  const task = (meta: Record<string, unknown>) => ({ type: 'parallel' as const, meta });
  const request = makeRequest({ dir, tasks: [task({}), task({ mem: '2G' })], images: ['a'] });
  const handle = await harness.start(request);
  await expect(handle.result()).rejects.toThrow(
    /task_list\/1\/meta_parallel.*mem: expected at most 1000 MB, the memory of this host for units, got 2000 MB/s,
  );
});
