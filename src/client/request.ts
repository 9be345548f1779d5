/** Names and digests derived from a request, and the file for one that is too large to travel. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { z } from 'zod';
import type { request as requestSchema } from '../validation/schemas/request.js';
import { publishState } from '../state/files.js';
import { runnerDir } from '../state/paths.js';
import { canonicalJson } from '../wire/canonical-json.js';
import { SPILL_OVER_BYTES } from './tunables.js';

/**
 * The request as a client writes it: JSON with Fractal's names (docs/request.md, schemas/request.schema.json). The worker
 * validates it, so that one from a file or another program can be passed on as it is (`as ProcessWorkflowInput`).
 */
export type ProcessWorkflowInput = z.input<typeof requestSchema>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The run's directory, as the worker sees it. */
export const runDirOf = (request: ProcessWorkflowInput): string =>
  request.workflow_dir_remote ?? request.workflow_dir_local;

/** SHA-256 (hex) of the canonical JSON: equal requests have equal digests, whatever the order of their keys. */
export const requestDigest = (request: unknown): string => sha256(canonicalJson(request));

/**
 * The workflow's argument: the request itself, or, when its JSON is over 1 MiB, a reference to
 * `.runner/spill/{sha256}.json` in the run's directory, written here.
 *
 * @throws StorageFailed when that file cannot be written here (give the images as `dataset.images_file` then).
 */
export const workflowArgument = async (request: ProcessWorkflowInput): Promise<object> => {
  if (Buffer.byteLength(JSON.stringify(request)) <= SPILL_OVER_BYTES) return request;
  const text = canonicalJson(request);
  const digest = sha256(text);
  const file = join(runnerDir(runDirOf(request)), 'spill', `${digest}.json`);
  const reference = await publishState(file, [text]);
  return {
    request_file: reference.path,
    sha256: reference.sha256,
    ...(typeof request.backend === 'string' && { backend: request.backend }),
    ...(typeof request.activity_task_queue === 'string' && {
      activity_task_queue: request.activity_task_queue,
    }),
  };
};
