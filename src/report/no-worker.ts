/** Words for a run that nobody works on: which queues have no worker, and which have one. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { activityQueueOfRun, type Queue, unpolledQueues } from '../client/index.js';
import { activityTaskQueue, onDemandQueue, stepsTaskQueue } from '../wire/names.js';
import { backendNames } from '../executors/names.js';

/** The queues whose workers a run needs; one worker process serves the last two. */
export const queuesOf = (workflowQueue: string, activityQueue: string): Queue[] => [
  { name: workflowQueue, type: 'workflow' },
  { name: activityQueue, type: 'activity' },
  { name: stepsTaskQueue(activityQueue), type: 'activity' },
];

const hints: Record<Queue['type'], string> = {
  workflow: '`fractal-temporal worker workflow` (or `up`)',
  activity: '`fractal-temporal worker` for its backend (or `up`)',
};

/** The backends of this program whose usual queue has a worker. */
const servedQueues = async (client: Client): Promise<string[]> => {
  const usual = backendNames.map((name): Queue => ({ name: activityTaskQueue(name), type: 'activity' }));
  const idle = new Set((await unpolledQueues(client, usual)).map(({ name }) => name));
  return usual.flatMap(({ name }) => (idle.has(name) ? [] : [name]));
};

/** Without the second queue of a worker process whose first one has been named. */
const distinct = (unpolled: readonly Queue[]): Queue[] =>
  unpolled.filter(({ name }) => !unpolled.some((other) => stepsTaskQueue(other.name) === name));

/** Those that a supervisor looks after (docs/users.md): it leaves a sign at a queue that is named after each. */
const onDemand = async (client: Client, unpolled: readonly Queue[]): Promise<Set<string>> => {
  const names = unpolled.flatMap(({ name, type }) => (type === 'activity' ? [name] : []));
  const signs = names.map((name): Queue => ({ name: onDemandQueue(name), type: 'activity' }));
  const unsigned = new Set((await unpolledQueues(client, signs)).map(({ name }) => name));
  return new Set(names.filter((name) => !unsigned.has(onDemandQueue(name))));
};

/** A line for each queue without a worker; empty when all have one. */
export const noWorkerLines = async (client: Client, unpolled: readonly Queue[]): Promise<string[]> => {
  if (unpolled.length === 0) return [];
  const coming = await onDemand(client, unpolled);
  const missing = distinct(unpolled).filter(({ name }) => !coming.has(name));
  const lines = [...coming].map(
    (name) => `No worker polls the activity queue ${name} now; a supervisor starts one on demand.`,
  );
  const served = missing.some(({ type }) => type === 'activity') ? await servedQueues(client) : [];
  const others =
    served.length === 0
      ? ''
      : ` Workers poll ${served.join(', ')}: is the request's backend or queue misspelt?`;
  return [
    ...lines,
    ...missing.map(
      ({ name, type }) =>
        `No worker polls the ${type} queue ${name} of this run; start one with ${hints[type]}.` +
        (type === 'activity' ? others : ''),
    ),
  ];
};

/** What to say where the server does not answer that question; a run is not touched by it. */
export const cannotAskLine = (error: unknown): string =>
  `Whether workers poll the queues of this run could not be asked: ${error instanceof Error ? error.message : String(error)}`;

/** The same lines for a run that exists; one that says so where nobody could be asked. */
export const noWorkerOf = async (
  client: Client,
  run: WorkflowHandle,
  workflowQueue: string,
): Promise<string[]> => {
  try {
    const activityQueue = await activityQueueOfRun(client, run);
    const queues = activityQueue === null ? [] : queuesOf(workflowQueue, activityQueue);
    return await noWorkerLines(client, await unpolledQueues(client, queues));
  } catch (error) {
    return [cannotAskLine(error)];
  }
};

/** What to say of a run that somebody has paused; null for any other. `state` is Temporal's word. */
export const pausedLine = (workflowId: string, state: string): string | null =>
  state.toUpperCase() === 'PAUSED'
    ? `Run ${workflowId} is paused: nothing of it goes on, a cancellation neither, until it is unpaused (Web UI, or temporal workflow unpause --workflow-id ${workflowId}).`
    : null;

/** What to say of a backend that this program does not have; null for its own ones. */
export const unknownBackendLine = (backend: string): string | null =>
  (backendNames as readonly string[]).includes(backend)
    ? null
    : `"${backend}" is no backend of this program (${backendNames.join(', ')}): only a worker that has it runs this.`;
