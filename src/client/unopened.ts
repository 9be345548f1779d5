/** Runs that were never opened: refused, cancelled or terminated before anything of them ran. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import { HISTORY_BEGINNING_EVENTS } from './tunables.js';

/** `temporal.api.enums.v1.EventType`. */
const ACTIVITY_TASK_COMPLETED = 12;

/** Ends after which the server lets the id be used again; COMPLETED is not among them. */
const unsuccessful = ['FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'];

/**
 * Has the run ended without having been opened? `openRun` is its first activity, so a history without any completed
 * one has planned nothing and run nothing, and the id is free. What cannot be told from the beginning of the history
 * counts as opened.
 */
export const neverOpened = async (client: Client, handle: WorkflowHandle): Promise<boolean> => {
  const { runId, status, raw } = await handle.describe();
  if (!unsuccessful.includes(status.name)) return false;
  // A later link of a chain was opened by the first one.
  const first = raw.workflowExecutionInfo?.firstRunId;
  if (first && first !== runId) return false;
  const { history, nextPageToken } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: handle.workflowId, runId },
    maximumPageSize: HISTORY_BEGINNING_EVENTS,
  });
  if (nextPageToken.length > 0) return false;
  const events = history?.events ?? [];
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  if (started === undefined || started === null) return false;
  const args = await decodeArrayFromPayloads(client.options.loadedDataConverter, started.input?.payloads);
  return args.length < 2 && events.every(({ eventType }) => eventType !== ACTIVITY_TASK_COMPLETED);
};
