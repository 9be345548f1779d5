/** The runs that a server knows. */
import { type AsyncWorkflowListIterable, Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../wire/names.js';
import { blindConverter } from '../encryption/converter.js';
import { isDefaultIdOf, WORKFLOW_TYPE } from '../client/index.js';
import { formatTable } from './format-report.js';
import { LIST_LIMIT } from './tunables.js';

const STATUS = defineSearchAttributeKey('FractalStatus', SEARCH_ATTRIBUTES.FractalStatus);

export interface RunSummary {
  workflow_id: string;
  run_id: string;
  /** Temporal's word, lower case. */
  state: string;
  /** `held`, `paused` and the like, where the server knows that attribute; null otherwise. */
  status: string | null;
  started: string;
  closed: string | null;
}

export interface ListFilter {
  running?: boolean;
  limit?: number;
}

/** The list needs no memo, so that it needs no keys either, and one run whose key is lost hides no other. */
const listInfos = (client: Client, query: string): AsyncWorkflowListIterable => {
  const { connection, namespace } = client.options;
  return new Client({ connection, namespace, dataConverter: blindConverter }).workflow.list({ query });
};

/** The newest runs first. The server's list may lag behind by a second or so. */
export const listRuns = async (
  client: Client,
  { running = false, limit = LIST_LIMIT }: ListFilter,
): Promise<RunSummary[]> => {
  const query = `WorkflowType = '${WORKFLOW_TYPE}'${running ? " AND ExecutionStatus = 'Running'" : ''}`;
  const runs: RunSummary[] = [];
  for await (const info of listInfos(client, query)) {
    // A chain of continue-as-new is one run: only its last link counts.
    if (info.status.name === 'CONTINUED_AS_NEW') continue;
    runs.push({
      workflow_id: info.workflowId,
      run_id: info.runId,
      state: info.status.name.toLowerCase(),
      status: info.typedSearchAttributes.get(STATUS) ?? null,
      started: info.startTime.toISOString(),
      closed: info.closeTime?.toISOString() ?? null,
    });
    if (runs.length >= limit) break;
  }
  return runs;
};

/** The id of a run that goes on and was derived from this directory; null when there is none. */
export const findRunOf = async (client: Client, runDir: string): Promise<string | null> => {
  const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of listInfos(client, query)) {
    if (isDefaultIdOf(workflowId, runDir)) return workflowId;
  }
  return null;
};

/** What a running one waits for, if that is its operator. */
const stateOf = ({ state, status }: RunSummary): string =>
  state === 'running' && status !== null && status !== 'running' ? `${state} (${status})` : state;

/** A table of runs. */
export const formatRuns = (runs: readonly RunSummary[], whenEmpty: string): string =>
  runs.length === 0
    ? whenEmpty
    : formatTable(
        ['run', 'state', 'started', 'ended'],
        runs.map((run) => [run.workflow_id, stateOf(run), run.started, run.closed ?? '']),
      );
