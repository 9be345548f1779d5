/** The file for a request that is too large to travel: written here, and by the run's workers where they do not see it. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Client } from '@temporalio/client';
import { StorageFailed } from '../state/errors.js';
import { publishState, sha256 } from '../state/files.js';
import { spillPath } from '../state/paths.js';
import { canonicalJson } from '../wire/canonical-json.js';
import {
  PIECE_BYTES,
  WRITE_RUN_FILE_TYPE,
  type WriteRunFileInput,
  type WrittenRunFile,
} from '../wire/run-file.js';
import { activityTaskQueue } from '../wire/routing.js';
import { askFileWorkers, RunFileError } from './file-workers.js';
import { runDirOf, type ProcessWorkflowInput } from './request.js';
import { SPILL_OVER_BYTES } from './tunables.js';

const compress = promisify(gzip);

interface Spill {
  client: Client;
  workflowQueue: string;
  of: Pick<WriteRunFileInput, 'workflow_dir' | 'activity_task_queue' | 'sha256' | 'size'>;
  bytes: Buffer;
}

const ask = async (
  { client, workflowQueue, of, bytes }: Spill,
  offset: number,
  length: number,
): Promise<WrittenRunFile> => {
  const piece = bytes.subarray(offset, offset + length);
  const data = piece.length === 0 ? '' : (await compress(piece)).toString('base64');
  const name = `${of.sha256.slice(0, 16)}-${offset}-${length}-${Date.now()}`;
  const input: WriteRunFileInput = { ...of, offset, data };
  return askFileWorkers(client, WRITE_RUN_FILE_TYPE, input, workflowQueue, name);
};

/** Sends what the workers do not see; what is there already is not sent. */
const send = async (spill: Spill): Promise<void> => {
  if ((await ask(spill, 0, 0)).complete) return;
  for (let at = 0; at < spill.bytes.length; at += PIECE_BYTES)
    if ((await ask(spill, at, PIECE_BYTES)).complete) return;
  throw new RunFileError(`${spill.of.workflow_dir}: the request was sent and is not complete there`);
};

/** null, or why the file cannot be written here. A path that nothing leads to here is not that of the workers. */
const writeHere = async (path: string, runDir: string, text: string): Promise<StorageFailed | null> => {
  const missing = (): Error => Object.assign(new Error('ENOENT: no such folder'), { code: 'ENOENT' });
  if (!existsSync(dirname(runDir))) return new StorageFailed(dirname(runDir), 'cannot look into', missing());
  try {
    await publishState(path, [text]);
    return null;
  } catch (error) {
    if (error instanceof StorageFailed) return error;
    throw error;
  }
};

/**
 * The workflow's argument: the request itself, or, when its JSON is over 1 MiB, a reference to
 * `.runner/spill/{sha256}.json` in the run's directory. It is written here where that can be; workers that poll the
 * run's queue are asked whether they see it, and are sent it in pieces where they do not.
 *
 * @throws StorageFailed when it can neither be written here nor sent (give the images as `dataset.images_file` then).
 */
export const workflowArgument = async (
  client: Client,
  request: ProcessWorkflowInput,
  workflowQueue: string,
): Promise<object> => {
  if (Buffer.byteLength(JSON.stringify(request)) <= SPILL_OVER_BYTES) return request;
  const text = canonicalJson(request);
  const bytes = Buffer.from(text);
  const runDir = runDirOf(request);
  const digest = sha256(text);
  const path = spillPath(runDir, digest);
  const problem = await writeHere(path, runDir, text);
  const of = {
    ...{ workflow_dir: runDir, sha256: digest, size: bytes.length },
    activity_task_queue: activityTaskQueue(request),
  };
  try {
    await send({ client, workflowQueue, of, bytes });
  } catch (error) {
    // No worker yet: what stands here is there when one comes, if it sees this directory.
    if (!(error instanceof RunFileError)) throw error;
    if (problem !== null)
      throw new StorageFailed(
        path,
        'cannot write',
        new Error(`${problem.message}; nor can it be sent: ${error.message}`),
      );
  }
  return {
    request_file: path,
    sha256: digest,
    ...(typeof request.backend === 'string' && { backend: request.backend }),
    ...(typeof request.activity_task_queue === 'string' && {
      activity_task_queue: request.activity_task_queue,
    }),
  };
};
