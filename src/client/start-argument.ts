/** What an existing run was started with: by whatever client, with or without a worker. */
import { dirname } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import { requestDigest, runDirOf, type ProcessWorkflowInput } from './request.js';
import { REQUEST_DIGEST_MEMO } from './tunables.js';

const startArgument = async (client: Client, workflowId: string, runId: string): Promise<unknown> => {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [argument] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  return argument;
};

/** After continue-as-new the argument is the workflow's own state: the first run of the chain has the request. */
const originalArgument = async (client: Client, handle: WorkflowHandle): Promise<unknown> => {
  const { runId, raw } = await handle.describe();
  const first = raw.workflowExecutionInfo?.firstRunId;
  return startArgument(client, handle.workflowId, first || runId);
};

interface Spilled {
  request_file: string;
  sha256: string;
}

const isSpilled = (argument: unknown): argument is Spilled =>
  typeof argument === 'object' && argument !== null && 'request_file' in argument && 'sha256' in argument;

/** Digest of the request of an existing run: its memo, or, where another client started it, its argument's. */
export const digestOfRun = async (client: Client, handle: WorkflowHandle): Promise<string> => {
  const { memo } = await handle.describe();
  const known = memo?.[REQUEST_DIGEST_MEMO];
  if (typeof known === 'string') return known;
  const argument = await originalArgument(client, handle);
  // A spilled request is written as canonical JSON, so that the file's digest is the request's.
  return isSpilled(argument) ? argument.sha256 : requestDigest(argument);
};

/** The directory of an existing run; null when its request does not even name one. */
export const directoryOfRun = async (client: Client, handle: WorkflowHandle): Promise<string | null> => {
  const argument = await originalArgument(client, handle);
  // `.runner/spill/{sha256}.json` of the run's directory.
  if (isSpilled(argument)) return dirname(dirname(dirname(argument.request_file)));
  const dir: unknown = runDirOf((argument ?? {}) as ProcessWorkflowInput);
  return typeof dir === 'string' ? dir : null;
};
