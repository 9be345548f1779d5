/** The runs that a server knows. */
import { type AsyncWorkflowListIterable, Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { blindConverter } from '../encryption/converter.js';
import { isDefaultIdOf, WORKFLOW_TYPE } from '../client/index.js';
import { shownState, stateCell, type Style } from './style.js';
import { type Cell, type Column, formatTable } from './table.js';
import { durationText, localTime } from './times.js';
import { LIST_LIMIT } from './tunables.js';

/** What `list --json` gives of each run (schemas/list.schema.json). */
export interface RunSummary {
  workflow_id: string;
  run_id: string;
  /** Of search attributes: null where the server does not know them, or must not. */
  workflow: string | null;
  dataset: string | null;
  backend: string | null;
  job_id: number | null;
  /** Temporal's word, lower case. */
  state: string;
  /** `held`, `paused` and the like, where the server knows that attribute; null otherwise. */
  status: string | null;
  started: string;
  closed: string | null;
  /** Until now for one that goes on. */
  seconds: number;
}

/** Words for `--status`, with Temporal's own. */
export const listStates = {
  running: 'Running',
  done: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
} as const;

export type ListState = keyof typeof listStates;

export interface ListFilter {
  /** Any of these; all when empty. */
  states?: readonly ListState[];
  /** Started then or later. */
  since?: Date | undefined;
  limit?: number;
}

/** The list needs no memo, so that it needs no keys either, and one run whose key is lost hides no other. */
const listInfos = (client: Client, query: string): AsyncWorkflowListIterable => {
  const { connection, namespace } = client.options;
  return new Client({ connection, namespace, dataConverter: blindConverter }).workflow.list({ query });
};

const attribute = (info: Pick<WorkflowExecutionInfo, 'typedSearchAttributes'>, name: string): unknown =>
  info.typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value;

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Where a run stands by its own word; null where the server does not know that attribute. */
export const toldStatus = (info: Pick<WorkflowExecutionInfo, 'typedSearchAttributes'>): string | null =>
  textOf(attribute(info, 'FractalStatus'));

const summaryOf = (info: WorkflowExecutionInfo): RunSummary => {
  const { workflowId, runId, status, startTime, closeTime } = info;
  const job = attribute(info, 'FractalJobId');
  return {
    ...{ workflow_id: workflowId, run_id: runId },
    workflow: textOf(attribute(info, 'FractalWorkflow')),
    dataset: textOf(attribute(info, 'FractalDataset')),
    backend: textOf(attribute(info, 'FractalBackend')),
    job_id: typeof job === 'number' ? job : null,
    state: status.name.toLowerCase(),
    status: toldStatus(info),
    started: startTime.toISOString(),
    closed: closeTime?.toISOString() ?? null,
    seconds: ((closeTime?.getTime() ?? Date.now()) - startTime.getTime()) / 1_000,
  };
};

/** The newest runs first. The server's list may lag behind by a second or so. */
export const listRuns = async (
  client: Client,
  { states = [], since, limit = LIST_LIMIT }: ListFilter,
): Promise<RunSummary[]> => {
  const wanted = states.map((state) => `'${listStates[state]}'`).join(', ');
  const query = [
    `WorkflowType = '${WORKFLOW_TYPE}'`,
    ...(wanted === '' ? [] : [`ExecutionStatus IN (${wanted})`]),
    ...(since === undefined ? [] : [`StartTime >= '${since.toISOString()}'`]),
  ].join(' AND ');
  const runs: RunSummary[] = [];
  for await (const info of listInfos(client, query)) {
    // A chain of continue-as-new is one run: only its last link counts.
    if (info.status.name === 'CONTINUED_AS_NEW') continue;
    runs.push(summaryOf(info));
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

/** The id comes first and whole: it is what other commands take. */
const columns: Column[] = [
  { head: 'run' },
  { head: 'state' },
  { head: 'started' },
  { head: 'duration', right: true, optional: true },
  { head: 'dataset', least: 10, optional: true },
  { head: 'backend', optional: true },
  { head: 'workflow', least: 12, optional: true },
];

/** A table of runs. */
export const formatRuns = (runs: readonly RunSummary[], whenEmpty: string, style: Style): string => {
  if (runs.length === 0) return whenEmpty;
  const rows = runs.map((run): Cell[] => [
    run.workflow_id,
    stateCell(shownState(run.state, run.status) ?? '', style),
    localTime(run.started),
    durationText(run.seconds),
    run.dataset ?? '',
    run.backend ?? '',
    run.workflow ?? '',
  ]);
  return formatTable(columns, rows, style);
};
