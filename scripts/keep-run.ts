/**
 * Keeps the directory of a run in its middle, for the tests of later releases: `npm run keep-run -- NAME`, once a release
 * (docs/versioning.md). A task is done; of the next one some batches have ended, some end while no worker is there. Beside
 * it, as NAME-held, a run that waits for its operator, and, as NAME-continued, one that goes on from an earlier run.
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
import {
  listOf,
  makeRequest,
  scriptedTask,
  type UnitScript,
  zarrUrl,
} from '../test/support/scripted-requests.js';

/** Few enough that a run continues as new in the middle of a task, and while it is held. */
const SHORT_HISTORY_EVENTS = 12;
const LOOK_MS = 200;
const IMAGES = Array.from({ length: 10 }, (_, index) => `image${index}`);
const LATE = ['image7', 'image8', 'image9'];

interface Carried {
  next: number;
  task: { stages: unknown[]; held?: unknown } | null;
}

/** A way in which a run can be in its middle. */
interface Kind {
  /** Of the folder's name, after the release's. */
  suffix: string;
  /** What the late units of the second task do, in the run that is gone on from, where there is one, and in the run. */
  earlier?: (dir: string, name: string) => UnitScript;
  late: (dir: string, name: string) => UnitScript;
  recovery?: Record<string, unknown>;
  isReached(state: Carried): boolean;
}

const someHaveEnded = ({ next, task }: Carried): boolean => {
  const stage = next === 1 ? (task?.stages[0] as Record<string, unknown> | undefined) : undefined;
  const tracks = stage?.['tracks'] as { ended: boolean }[] | undefined;
  const ended = tracks?.filter((track) => track.ended).length ?? Number(stage?.['batches_ended'] ?? 0);
  return ended > 0;
};

const waits = (dir: string): UnitScript => ({ wait_for: join(dir, 'go') });
const fails = (dir: string): UnitScript => ({ fail_while: join(dir, 'broken') });

const kinds: Kind[] = [
  { suffix: '', late: waits, isReached: someHaveEnded },
  {
    suffix: '-held',
    late: fails,
    recovery: { on_failure: 'wait' },
    isReached: ({ task }) => (task?.held ?? null) !== null,
  },
  {
    suffix: '-continued',
    earlier: fails,
    // One of those that had failed ends while somebody looks.
    late: (dir, name) => (name === LATE[0] ? {} : waits(dir)),
    isReached: someHaveEnded,
  },
];

const requestIn = (
  dir: string,
  { recovery = {} }: Kind,
  late: Kind['late'],
  extra: object,
): Record<string, unknown> => {
  const updates = IMAGES.map((name) => {
    const url = zarrUrl(dir, name);
    const write = { image_list_updates: [{ zarr_url: url, attributes: { by: 'task 1' } }] };
    return [url, { write, ...(LATE.includes(name) ? late(dir, name) : {}) }] as const;
  });
  const command = `node ${join(dir, 'scripted-task.mjs')}`;
  const runs_file = join(dir, 'runs');
  return makeRequest({
    dir,
    images: IMAGES,
    tasks: [
      {
        ...{ type: 'compound', command, runs_file, output_types: { projected: true } },
        script: { '*': { write: listOf(...IMAGES.map((name) => ({ zarr_url: zarrUrl(dir, name) }))) } },
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
    extra: { recovery, ...extra },
  });
};

/** Arguments of the newest execution, once the run is where it is to be kept. */
const argumentsInTheMiddle = async (
  harness: Harness,
  workflowId: string,
  { isReached }: Kind,
): Promise<unknown[]> => {
  for (;;) {
    const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
    const payloads = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const args = payloads.map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload));
    const state = (args[1] as { state?: Carried } | undefined)?.state;
    if (state !== undefined && isReached(state)) return args;
    await sleep(LOOK_MS);
  }
};

/** Starts the run, after the one that it goes on from has failed. */
const startIn = async (harness: Harness, dir: string, kind: Kind, workflowId: string): Promise<void> => {
  await copyFile(scriptedTask, join(dir, 'scripted-task.mjs'));
  await writeFile(join(dir, 'broken'), '');
  if (kind.earlier === undefined) {
    await harness.start(requestIn(dir, kind, kind.late, {}), workflowId);
    return;
  }
  const earlier = join(dir, 'earlier');
  const first = await harness.start(requestIn(dir, kind, kind.earlier, { workflow_dir_local: earlier }));
  await first.result().catch(() => undefined);
  await harness.start(requestIn(dir, kind, kind.late, { continue_from: earlier }), workflowId);
};

const processesOf = (dir: string): boolean => {
  try {
    return execFileSync('pgrep', ['-f', dir], { encoding: 'utf8' }).trim() !== '';
  } catch {
    return false;
  }
};

const keep = async (address: string, release: string, kind: Kind): Promise<void> => {
  // Not the harness's: it must outlive the workers.
  const dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-kept-'));
  try {
    const harness = await startHarness({ address, unitsPerBatch: 1 });
    const name = `${release}${kind.suffix}`;
    let args: unknown[];
    const gone = dirname(await harness.folder());
    try {
      await startIn(harness, dir, kind, `kept-${name}`);
      args = await argumentsInTheMiddle(harness, `kept-${name}`, kind);
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
  }
};

const main = async (): Promise<void> => {
  const release = process.argv[2];
  if (release === undefined) throw new Error('usage: npm run keep-run -- NAME (the release, e.g. 0.2)');
  const { path: binary } = await findServerBinary({ say: console.error });
  const server = await startEmbeddedServer({
    ...{ binary, dbFile: null, logFile: null },
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': String(SHORT_HISTORY_EVENTS) },
  });
  try {
    for (const kind of kinds) await keep(server.address, release, kind);
  } finally {
    await server.stop();
  }
};

await main();
