/** Is the run that has this id a run of this request? */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import { requestDigest } from './request.js';
import { REQUEST_DIGEST_MEMO } from './tunables.js';

/** The argument that a run was started with. */
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

const digestOfArgument = (argument: unknown): string => {
  // A spilled request is written as canonical JSON, so that the file's digest is the request's.
  if (
    typeof argument === 'object' &&
    argument !== null &&
    'request_file' in argument &&
    'sha256' in argument
  ) {
    return String(argument.sha256);
  }
  return requestDigest(argument);
};

/** Digest of the request of an existing run: its memo, or, where another client started it, its argument's. */
export const digestOfRun = async (client: Client, handle: WorkflowHandle): Promise<string> => {
  const { memo, runId, raw } = await handle.describe();
  const known = memo?.[REQUEST_DIGEST_MEMO];
  if (typeof known === 'string') return known;
  // After continue-as-new the argument is the workflow's own state: the first run of the chain has the request.
  const first = raw.workflowExecutionInfo?.firstRunId;
  return digestOfArgument(await startArgument(client, handle.workflowId, first || runId));
};
