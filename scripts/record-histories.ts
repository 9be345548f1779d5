/** Records test/histories anew, from real runs on a real server: `npm run record-histories [-- NAME...]`. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { encryptingConverter } from '../src/encryption/converter.js';
import { createLocalBackend } from '../src/executors/local/index.js';
import { findServerBinary, startEmbeddedServer } from '../src/server/index.js';
import { READ_RUN_FILE_TYPE } from '../src/wire/run-file.js';
import { createScriptedBackend } from '../test/model/scripted/backend.js';
import { startHarness, type Harness } from '../test/support/harness.js';
import { rotatingKeys } from '../test/support/keys.js';
import { earlierRequestOf, requestOf } from '../test/support/recorded-requests.js';
import { recordings, type Recording } from '../test/support/recordings.js';
import { untilFile } from '../test/support/until.js';

const SHORT_HISTORY_EVENTS = 40;
const folder = fileURLToPath(new URL('../test/histories/', import.meta.url));

/** Host, process id and folders of whoever recorded it are nobody's business. */
const withoutIdentity = (key: string, value: unknown): unknown =>
  key === 'stackTrace' ? '' : typeof value === 'string' && /^\d+@/.test(value) ? 'recorder' : value;

const readFromAfar = async (
  { client, workflowQueue, activityQueue }: Harness,
  dir: string,
  path: string,
): Promise<WorkflowHandle> => {
  const handle = await client.workflow.start(READ_RUN_FILE_TYPE, {
    workflowId: `recorded-read-${randomUUID()}`,
    taskQueue: workflowQueue,
    args: [{ workflow_dir: join(dir, 'run'), path, activity_task_queue: activityQueue }],
  });
  await handle.result();
  return handle;
};

const record = async (recording: Recording, harness: Harness, rotateKeys: () => void): Promise<void> => {
  const dir = await harness.folder();
  const workflowId = `recorded-${recording.name}-${randomUUID()}`;
  const earlier = await earlierRequestOf(recording, dir);
  if (earlier !== null) await (await harness.start(earlier)).result().catch(() => undefined);
  const handle = await harness.start(await requestOf(recording, dir), workflowId);
  const firstRun = await handle.temporal.describe();
  await recording.meanwhile?.({ harness, workflowId, dir, rotateKeys, until: untilFile });
  await handle.result().catch(() => undefined);
  const first = harness.client.workflow.getHandle(workflowId, firstRun.runId);
  const ofRun = recording.record === 'last' ? handle.temporal : first;
  const recorded = recording.reads === undefined ? ofRun : await readFromAfar(harness, dir, recording.reads);
  const history = await recorded.fetchHistory();
  const path = `${folder}${recording.name}.json`;
  const text = JSON.stringify(JSON.parse(historyToJSON(history)), withoutIdentity, 1);
  await writeFile(path, `${text}\n`);
  console.log(`${recording.name}: ${history.events?.length ?? 0} events`);
};

const main = async (): Promise<void> => {
  const wanted = process.argv.slice(2);
  const { path: binary } = await findServerBinary({ say: console.error });
  for (const short of [false, true]) {
    const chosen = recordings.filter(
      (recording) =>
        (recording.shortHistories ?? false) === short &&
        (wanted.length === 0 || wanted.includes(recording.name)),
    );
    if (chosen.length === 0) continue;
    const server = await startEmbeddedServer({
      binary,
      dbFile: null,
      logFile: null,
      ...(short
        ? { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': String(SHORT_HISTORY_EVENTS) } }
        : {}),
    });
    try {
      for (const recording of chosen) {
        const keys = rotatingKeys();
        const harness = await startHarness({
          address: server.address,
          ...(short && { unitsPerBatch: 1 }),
          ...(recording.played && {
            backend: (stateDir: string, queue: string) =>
              createScriptedBackend(createLocalBackend({ stateDir, queue, maxUnits: 1 })),
          }),
          ...(recording.encrypted && { dataConverter: encryptingConverter(keys) }),
        });
        try {
          await record(recording, harness, keys.rotate);
        } finally {
          await harness.stop();
        }
      }
    } finally {
      await server.stop();
    }
  }
};

await main();
