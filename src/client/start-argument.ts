/** What an existing run was started with: by whatever client, with or without a worker, from what is left of it. */
import { dirname } from 'node:path';
import { type Client, isGrpcServiceError, type WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import { readIdentity } from '../state/identity.js';
import { activityTaskQueue } from '../wire/routing.js';
import { RequestUnknownError } from './errors.js';
import { requestDigest, runDirOf, type ProcessWorkflowInput } from './request.js';
import { DIRECTORY_MEMO, REQUEST_DIGEST_MEMO } from './tunables.js';

/** gRPC's status code. */
const NOT_FOUND = 5;

/** Arguments of one link of a chain; null when the server has forgotten it. */
const startArguments = async (
  client: Client,
  workflowId: string,
  runId: string,
): Promise<unknown[] | null> => {
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    });
    const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
    return await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return null;
    throw error;
  }
};

interface Beginning {
  memo: Record<string, unknown>;
  /** Arguments of the link that goes on, or went on last: after continue-as-new with the state that it carries. */
  last: unknown[];
  /** The request, or its spilled form; undefined when the server has forgotten the first link. */
  request: unknown;
}

const beginningOf = async (client: Client, handle: WorkflowHandle): Promise<Beginning> => {
  const { runId, raw, memo } = await handle.describe();
  const { workflowId } = handle;
  const last = (await startArguments(client, workflowId, runId)) ?? [];
  const first = raw.workflowExecutionInfo?.firstRunId;
  // After continue-as-new the argument is the workflow's own state: the first run of the chain has the request.
  const isFirst = !first || first === runId;
  const request = isFirst ? last[0] : (await startArguments(client, workflowId, first))?.[0];
  return { memo: memo ?? {}, last, request };
};

interface Spilled {
  request_file: string;
  sha256: string;
}

const isSpilled = (argument: unknown): argument is Spilled =>
  typeof argument === 'object' && argument !== null && 'request_file' in argument && 'sha256' in argument;

/**
 * Digest of the request of an existing run: its memo; where another client started it, its argument's; where the
 * server has forgotten that, what the directory of `request` says of the run.
 *
 * @throws RequestUnknownError when nobody knows it any more.
 */
export const digestOfRun = async (
  client: Client,
  handle: WorkflowHandle,
  request: ProcessWorkflowInput,
): Promise<string> => {
  const beginning = await beginningOf(client, handle);
  const known = beginning.memo[REQUEST_DIGEST_MEMO];
  if (typeof known === 'string') return known;
  // A spilled request is written as canonical JSON, so that the file's digest is the request's.
  if (isSpilled(beginning.request)) return beginning.request.sha256;
  if (beginning.request !== undefined) return requestDigest(beginning.request);
  const identity = await readIdentity(runDirOf(request)).catch(() => null);
  if (identity?.workflow_id !== handle.workflowId || identity.request_digest === null) {
    throw new RequestUnknownError(handle.workflowId);
  }
  return identity.request_digest;
};

const at = (value: unknown, ...keys: string[]): unknown =>
  keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );

const requestedDirectory = (request: unknown): unknown => {
  // `.runner/spill/{sha256}.json` of the run's directory.
  if (isSpilled(request)) return dirname(dirname(dirname(request.request_file)));
  return runDirOf((request ?? {}) as ProcessWorkflowInput);
};

/** The directory of an existing run; null when its request does not even name one, or nobody knows it any more. */
export const directoryOfRun = async (client: Client, handle: WorkflowHandle): Promise<string | null> => {
  const { memo, last, request } = await beginningOf(client, handle);
  const carried = at(last[1], 'state', 'opened', 'run', 'dir');
  const dir = memo[DIRECTORY_MEMO] ?? carried ?? requestedDirectory(request);
  return typeof dir === 'string' ? dir : null;
};

/** The queue of an existing run's activities, before and after it was opened; null when nobody knows it any more. */
export const activityQueueOfRun = async (client: Client, handle: WorkflowHandle): Promise<string | null> => {
  const { last } = await beginningOf(client, handle);
  return last.length === 0 ? null : activityTaskQueue(last[0]);
};
