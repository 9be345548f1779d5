/**
 * `processWorkflow`: runs the tasks of a Fractal workflow one after the other (docs/architecture.md).
 *
 * It only orchestrates. What a task's units are, what they returned and what becomes of the image list is decided
 * by activities; here are references, counts, and the order of things.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setHandler,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { OpenedRun, ProcessWorkflowResult } from '../wire/activities.js';
import type { ExecutionFailure, ResultReference } from '../wire/failure.js';
import { asApplicationFailure, asExecutionFailure, asInvalidRequest } from './failures.js';
import { createActs } from './operator/acts.js';
import { newOperatorState } from './operator/state.js';
import { listenToUpdates } from './operator/updates.js';
import { progressQuery, resultQuery } from './queries.js';
import { activityTaskQueue } from '../wire/routing.js';
import { runTask, type TaskContext } from './run-task.js';
import { searchAttributePairs } from './search-attributes.js';
import { createShowing } from './showing.js';
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
      in_parts: true,
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

/** Updates that were taken are answered before the run ends or continues as new: they would be lost with it. */
const answered = (): Promise<void> => CancellationScope.nonCancellable(() => condition(allHandlersFinished));

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
  const operator = state?.operator ?? newOperatorState();
  let stopped = false;
  let result: ResultReference | null = null;

  const showing = createShowing(taskQueue, operator, () => state);
  const { flags, show } = showing;
  setHandler(progressQuery, showing.progress);
  setHandler(resultQuery, () => result);
  listenToUpdates({
    operator: () => operator,
    standing: showing.standing,
    acts: createActs({
      ...{ taskQueue, operator },
      run: () => state,
      stop: (how) => {
        flags.stopping = how !== 'not after all';
        stopped = how === 'fail';
      },
    }),
    changed: showing.again,
  });

  if (state === null) {
    showing.opening();
    const opened = await open(request, uuid, taskQueue);
    state = { ...newRun(opened), operator };
    if (opened.search_attributes !== null)
      upsertSearchAttributes(searchAttributePairs(opened.search_attributes));
  }
  const run = state;
  const context: TaskContext = {
    ...{ run, taskQueue, show },
    cancelling: () => {
      flags.cancelling = true;
      showing.again();
    },
    mayBegin: () => operator.paused === null,
    stopped: () => stopped,
  };

  const close = (error: ExecutionFailure | null): Promise<ResultReference> =>
    CancellationScope.nonCancellable(async () => {
      const status = flags.ended;
      show('closing');
      result = await step(taskQueue, `Write the result: ${status ?? 'cancelled'}`).closeRun({
        run: run.opened.run,
        run_id: workflowInfo().firstExecutionRunId,
        status: status ?? 'cancelled',
        error,
        images: run.images,
        type_filters: run.type_filters,
        records: run.records,
      });
      show('closing');
      return result;
    });

  const fail = async (failure: ExecutionFailure): Promise<never> => {
    flags.ended = 'failed';
    const { result: written, problem } = await closed(close, failure);
    await answered();
    throw asApplicationFailure({ ...failure, message: failure.message + problem }, written);
  };

  try {
    while (run.next < run.opened.tasks.length) {
      const end = await runTask(context);
      if (end === 'moved') {
        await answered();
        // A stop or a cancellation that came meanwhile would be lost with this link of the chain: it is obeyed here.
        if (!stopped && !CancellationScope.current().consideredCancelled)
          await continueAsNew<typeof processWorkflow>(slimRequest(request), { uuid, state: run });
      }
      if (typeof end === 'object') await fail(run.failure ?? end);
    }
  } catch (error) {
    if (isCancellation(error)) {
      flags.ended = 'cancelled';
      await closed(close, null);
      await answered();
    }
    throw error;
  }
  if (run.failure) return fail(run.failure);
  flags.ended = 'done';
  const reference = await close(null).catch((error: unknown) => {
    flags.ended = 'failed';
    throw asApplicationFailure(asExecutionFailure(error, 'Cannot write the result'), null);
  });
  await answered();
  return { status: 'done', result: reference };
}
