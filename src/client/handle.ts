/** A run, as its caller holds it. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { ProcessWorkflowResult } from '../wire/activities.js';
import type { ResultReference } from '../wire/failure.js';
import type { EventLine } from '../wire/events.js';
import type { RunResult } from '../wire/result.js';
import { within } from './deadline.js';
import { eventsFrom, eventsOfRun, type EventsOptions } from './events.js';
import { endOf, type EndedRun, readEndedRun } from './ended-run.js';
import { RunCancelledError } from './errors.js';
import { runErrorFrom } from './failure.js';
import { type LiveProgress, readProgress } from './progress.js';
import { readResult } from './result.js';
import { filesHere, filesOfRun, type RunFiles } from './run-files.js';
import { endedOperator, operatorOf, type OperatorHandle } from './operator.js';
import { directoryOfRun } from './start-argument.js';
import { QUERY_TIMEOUT_MS } from './tunables.js';

export interface RunHandle extends OperatorHandle {
  readonly workflowId: string;
  /** Was there a run of the same request already, running or closed? */
  readonly joined: boolean;
  /**
   * Waits for the end and reads the result.
   *
   * @throws TaskExecutionError, JobExecutionError, InvalidRequestError, RunCancelledError by how the run ended;
   * RunError when it was terminated; ResultUnreadableError when the result cannot be read here.
   */
  result(): Promise<RunResult>;
  /** Waits for the end; where the result lies. Throws as `result` does, but reads no file. */
  reference(): Promise<ResultReference>;
  progress(): Promise<LiveProgress>;
  /** What happens in the run, each event once and in order, until it is closed (docs/events.md). */
  events(options?: EventsOptions): AsyncIterable<EventLine>;
  /** Its public files, here or through its workers (docs/from-afar.md). Throws RunFileError when they can be had nowhere. */
  files(): Promise<RunFiles>;
  /** Asks for cancellation and returns at once; `result` then throws RunCancelledError, when all is stopped. */
  cancel(): Promise<void>;
  /** Temporal's own handle, for everything else. */
  readonly temporal: WorkflowHandle;
  readonly client: Client;
}

/** The reference of a partial result, from the workflow; null when there is none or no worker answers. */
const queriedReference = (client: Client, handle: WorkflowHandle): Promise<ResultReference | null> =>
  within(client, QUERY_TIMEOUT_MS, () => handle.query<ResultReference | null>('result')).catch(() => null);

/** What a cancelled run has left in its directory, when nobody answers the query any more. */
const writtenReference = async (client: Client, handle: WorkflowHandle): Promise<ResultReference | null> => {
  try {
    const runDir = await directoryOfRun(client, handle);
    const ended = runDir === null ? null : await readEndedRun(runDir);
    return ended?.workflowId === handle.workflowId ? ended.reference : null;
  } catch {
    return null;
  }
};

const waitForReference = async (client: Client, handle: WorkflowHandle): Promise<ResultReference> => {
  try {
    const { result } = (await handle.result()) as ProcessWorkflowResult;
    return result;
  } catch (error) {
    const translated = runErrorFrom(error, handle.workflowId);
    if (!(translated instanceof RunCancelledError)) throw translated;
    const reference = (await queriedReference(client, handle)) ?? (await writtenReference(client, handle));
    throw new RunCancelledError(translated.message, handle.workflowId, reference, {
      cause: translated.cause,
    });
  }
};

const endedState = { done: 'COMPLETED', failed: 'FAILED', cancelled: 'CANCELLED' } as const;

/** The handle of a run that only its directory knows (`temporal` finds nothing). */
export const getEndedRun = (client: Client, ended: EndedRun): RunHandle => {
  const { workflowId, result } = ended;
  const reference = (): Promise<ResultReference> => Promise.resolve(ended).then(endOf);
  return {
    ...endedOperator(workflowId),
    ...{ workflowId, client },
    joined: true,
    temporal: client.workflow.getHandle(workflowId),
    reference,
    result: async () => readResult(await reference()),
    events: (options) => eventsFrom(filesHere(ended.result.workflow_dir), options),
    files: () => Promise.resolve(filesHere(ended.result.workflow_dir)),
    progress: () => Promise.resolve({ state: endedState[result.status], progress: null, pending: [] }),
    cancel: () => Promise.resolve(),
  };
};

/** The handle of a run that exists (or is just started). Asks nothing. */
export const getRun = (client: Client, workflowId: string, joined = true): RunHandle => {
  const handle = client.workflow.getHandle(workflowId);
  return {
    ...operatorOf(handle),
    ...{ workflowId, joined, client },
    temporal: handle,
    reference: () => waitForReference(client, handle),
    result: async () => {
      const reference = await waitForReference(client, handle);
      return readResult(reference, () => filesOfRun(client, handle));
    },
    events: (options) => eventsOfRun(client, handle, options),
    files: () => filesOfRun(client, handle),
    progress: () => readProgress(client, handle),
    cancel: async () => {
      await handle.cancel();
    },
  };
};
