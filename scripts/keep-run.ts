/**
 * Keeps the directory of a run in its middle, for the tests of later releases: `npm run keep-run -- NAME`, once a release
 * (docs/versioning.md). A task is done; of the next one some batches have ended, some end while no worker is there.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultPayloadConverter } from '@temporalio/common';
import { findServerBinary, startEmbeddedServer } from '../src/server/index.js';
import { keepRun, keptRuns } from '../test/support/kept-runs.js';
import { startHarness, type Harness } from '../test/support/harness.js';
import { listOf, makeRequest, scriptedTask, zarrUrl } from '../test/support/scripted-requests.js';

const SHORT_HISTORY_EVENTS = 25;
const LOOK_MS = 200;
const WAITING = ['image7', 'image8', 'image9'];

const requestIn = async (dir: string): Promise<Record<string, unknown>> => {
  const program = join(dir, 'scripted-task.mjs');
  await copyFile(scriptedTask, program);
  const images = Array.from({ length: 10 }, (_, index) => `image${index}`);
  const updates = images.map((name) => {
    const url = zarrUrl(dir, name);
    const waits = WAITING.includes(name) ? { wait_for: join(dir, 'go') } : {};
    return [
      url,
      { write: { image_list_updates: [{ zarr_url: url, attributes: { by: 'task 1' } }] }, ...waits },
    ] as const;
  });
  const command = `node ${program}`;
  const runs_file = join(dir, 'runs');
  return makeRequest({
    dir,
    images,
    tasks: [
      {
        ...{ type: 'compound', command, runs_file, output_types: { projected: true } },
        script: { '*': { write: listOf(...images.map((name) => ({ zarr_url: zarrUrl(dir, name) }))) } },
      },
      {
        type: 'parallel',
        command,
        runs_file,
        script: Object.fromEntries(updates),
        output_types: { seen: true },
      },
      { type: 'parallel', command, runs_file },
    ],
  });
};

/** Arguments of the newest execution, once some batches of the second task have ended and others have not. */
const argumentsInTheMiddle = async (harness: Harness, workflowId: string): Promise<unknown[]> => {
  for (;;) {
    const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
    const payloads = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const args = payloads.map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload));
    const state = (args[1] as { state?: { next: number; task: { stages: unknown[] } | null } } | undefined)
      ?.state;
    const stage =
      state?.next === 1 ? (state.task?.stages[0] as Record<string, unknown> | undefined) : undefined;
    const tracks = stage?.['tracks'] as { ended: boolean }[] | undefined;
    const ended = tracks?.filter((track) => track.ended).length ?? Number(stage?.['batches_ended'] ?? 0);
    if (ended > 0) return args;
    await sleep(LOOK_MS);
  }
};

const processesOf = (dir: string): boolean => {
  try {
    return execFileSync('pgrep', ['-f', dir], { encoding: 'utf8' }).trim() !== '';
  } catch {
    return false;
  }
};

const main = async (): Promise<void> => {
  const name = process.argv[2];
  if (name === undefined) throw new Error('usage: npm run keep-run -- NAME (the release, e.g. 0.2)');
  const { path: binary } = await findServerBinary({ say: console.error });
  const server = await startEmbeddedServer({
    ...{ binary, dbFile: null, logFile: null },
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': String(SHORT_HISTORY_EVENTS) },
  });
  // Not the harness's: it must outlive the workers.
  const dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-kept-'));
  try {
    const harness = await startHarness({ address: server.address, unitsPerBatch: 1 });
    let args: unknown[];
    const gone = dirname(await harness.folder());
    try {
      const { workflowId } = await harness.start(await requestIn(dir), `kept-${name}`);
      args = await argumentsInTheMiddle(harness, workflowId);
    } finally {
      await harness.stop();
    }
    await writeFile(join(dir, 'go'), '');
    while (processesOf(dir)) await sleep(LOOK_MS);
    const to = join(keptRuns, name);
    await rm(to, { recursive: true, force: true });
    await keepRun(dir, args, gone, to);
    console.log(`${(await readdir(to, { recursive: true })).length} files in ${to}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
    await server.stop();
  }
};

await main();
