/**
 * `processWorkflow`: runs the tasks of a Fractal workflow one after the other (docs/architecture.md).
 *
 * It only orchestrates. What a task's units are, what they returned and what becomes of the image list is decided
 * by activities; here are references, counts, and the order of things.
 */
import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { OpenedRun, ProcessWorkflowResult } from '../wire/activities.js';
import type { ExecutionFailure, ResultReference } from '../wire/failure.js';
import type { Progress } from '../wire/progress.js';
import { asApplicationFailure, asExecutionFailure, asInvalidRequest } from './failures.js';
import { detailsMarkdown, openingMarkdown, progressOf, type Phase } from './progress.js';
import { progressQuery, resultQuery } from './queries.js';
import { activityTaskQueue } from '../wire/routing.js';
import { runTask, type TaskContext } from './run-task.js';
import { searchAttributePairs } from './search-attributes.js';
import { upgradeState } from './old-state.js';
import { newRun, type RunState } from './state.js';
import { step } from './steps.js';

/** What a continued run starts from; clients never give it. */
export interface Continued {
  uuid: string;
  state: RunState;
}

const open = async (request: unknown, uuid: string, taskQueue: string): Promise<OpenedRun> => {
  const { workflowId } = workflowInfo();
  const started = new Date().toISOString();
  try {
    return await step(taskQueue, 'Check the request, open the run').openRun({
      request,
      uuid,
      workflow_id: workflowId,
      started,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    throw (
      asInvalidRequest(error) ?? asApplicationFailure(asExecutionFailure(error, 'Cannot open the run'), null)
    );
  }
};

/** A result that cannot be written must not hide why the run ended; `problem` says why there is none. */
const closed = async (
  close: (error: ExecutionFailure | null) => Promise<ResultReference>,
  error: ExecutionFailure | null,
): Promise<{ result: ResultReference | null; problem: string }> => {
  try {
    return { result: await close(error), problem: '' };
  } catch (thrown) {
    const { message } = asExecutionFailure(thrown, 'write the result');
    log.error('the result could not be written', { message });
    return { result: null, problem: `. Besides, its result could not be written: ${message}` };
  }
};

/** A continued run needs of the request only where its activities go; the request itself is in the run's directory. */
const slimRequest = (request: unknown): unknown => ({ activity_task_queue: activityTaskQueue(request) });

/**
 * @param request one JSON object (docs/request.md); it is validated by `openRun`.
 * @returns a reference to the run's result, when every task is done.
 * @throws ApplicationFailure of type `TaskExecutionError`, `JobExecutionError` or `InvalidRequestError`;
 * CancelledFailure when the run was cancelled.
 */
export async function processWorkflow(
  request: unknown,
  continued?: Continued,
): Promise<ProcessWorkflowResult> {
  const uuid = continued?.uuid ?? uuid4();
  const taskQueue = activityTaskQueue(request);
  let state: RunState | null = continued === undefined ? null : upgradeState(continued.state);
  let phase: Phase = 'opening';
  let status: Progress['status'] = 'running';
  let result: ResultReference | null = null;

  const progress = (): Progress => progressOf(state, phase, status);
  setHandler(progressQuery, progress);
  setHandler(resultQuery, () => result);
  const show = (now: Phase): void => {
    phase = now;
    setCurrentDetails(detailsMarkdown(progress()));
  };

  if (state === null) {
    setCurrentDetails(openingMarkdown(taskQueue));
    const opened = await open(request, uuid, taskQueue);
    state = newRun(opened);
    if (opened.search_attributes !== null)
      upsertSearchAttributes(searchAttributePairs(opened.search_attributes));
  }
  const run = state;
  const context: TaskContext = {
    ...{ run, taskQueue, show },
    cancelling: () => {
      status = 'cancelling';
      show(phase);
    },
  };

  const close = (error: ExecutionFailure | null): Promise<ResultReference> =>
    CancellationScope.nonCancellable(async () => {
      show('closing');
      result = await step(taskQueue, `Write the result: ${status}`).closeRun({
        run: run.opened.run,
        run_id: workflowInfo().firstExecutionRunId,
        status: status === 'done' || status === 'failed' ? status : 'cancelled',
        error,
        images: run.images,
        type_filters: run.type_filters,
        records: run.records,
      });
      show('closing');
      return result;
    });

  try {
    while (run.next < run.opened.tasks.length) {
      const end = await runTask(context);
      if (end === 'moved')
        await continueAsNew<typeof processWorkflow>(slimRequest(request), { uuid, state: run });
      if (typeof end === 'object') {
        status = 'failed';
        const { result: written, problem } = await closed(close, end);
        throw asApplicationFailure({ ...end, message: end.message + problem }, written);
      }
    }
  } catch (error) {
    if (isCancellation(error)) {
      status = 'cancelled';
      await closed(close, null);
    }
    throw error;
  }
  status = 'done';
  const reference = await close(null).catch((error: unknown) => {
    status = 'failed';
    throw asApplicationFailure(asExecutionFailure(error, 'Cannot write the result'), null);
  });
  return { status, result: reference };
}
