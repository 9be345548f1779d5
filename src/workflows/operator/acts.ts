/** What each update does, once it is known to be possible. */
import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { UpdateAnswer } from '../../wire/updates.js';
import { completePlan } from '../old-state.js';
import { titleOf } from '../run-task.js';
import { allTries, newStage, triesOf, type RunState, type TaskState } from '../state.js';
import { step } from '../steps.js';
import type { OperatorState } from './state.js';
import type { Acts } from './updates.js';

export interface Acting {
  taskQueue: string;
  operator: OperatorState;
  /** null until it is opened. */
  run(): RunState | null;
  /** stop: of a held run its end as failed, of any other a cancellation that is on its way. */
  stop(how: 'fail' | 'cancel' | 'not after all'): void;
}

const units = (count: number): string => `${count} unit${count === 1 ? '' : 's'}`;

/** Units of the round that is under way which have not ended, and batches that are at work. */
const leftOf = (task: TaskState | null): { left: number; batches: number } => {
  const stages = task?.held ? [] : (task?.stages ?? []);
  return {
    left: stages.reduce(
      (sum, { plan, units_done, units_failed }) => sum + plan.units - units_done - units_failed,
      0,
    ),
    batches: stages.reduce((sum, { open }) => sum + open.filter(({ pending }) => pending).length, 0),
  };
};

const mark = ({ taskQueue, run }: Acting, number: number, paused: boolean): Promise<void> => {
  const state = run();
  // Before it is opened nothing of it can run.
  if (state === null) return Promise.resolve();
  const summary = paused ? 'Pause: no further unit starts' : 'Resume';
  return step(taskQueue, summary).markPause({ run: state.opened.run, number, paused });
};

const pause = (acting: Acting): Acts['pause'] => {
  const { operator, run } = acting;
  return async ({ now }) => {
    const before = operator.paused;
    const number = now ? (operator.marks += 1) : null;
    // At once, so that nothing begins while the mark is left.
    operator.paused = { now, number };
    try {
      if (number !== null) await mark(acting, number, true);
    } catch (error) {
      operator.paused = before;
      throw error;
    }
    const { left, batches } = leftOf(run()?.task ?? null);
    const rest = now ? 'end the units that they have begun and start no other' : 'go on to their end';
    const did =
      batches === 0
        ? 'paused: no batch begins until the run is resumed'
        : `pausing: no further batch begins; those at work (${batches}) ${rest}`;
    return { did, units: left };
  };
};

const resume = (acting: Acting): Acts['resume'] => {
  const { operator, run } = acting;
  return async () => {
    const number = operator.paused?.number ?? null;
    if (number !== null) await mark(acting, number, false);
    operator.paused = null;
    return { did: 'resumed', units: leftOf(run()?.task ?? null).left };
  };
};

interface HeldTask {
  run: RunState;
  state: TaskState;
  title: string;
  input: Pick<
    Parameters<ReturnType<typeof step>['planRetry']>[0],
    'run' | 'position' | 'stages' | 'given_up' | 'generation'
  >;
}

/** The held task, with a number for the file that is written of it: an update that fails leaves one that nobody reads. */
const heldTask = ({ run: runOf }: Acting): HeldTask => {
  const run = runOf();
  const task = run?.opened.tasks[run.next];
  const state = run?.task;
  if (!run || task === undefined || !state?.held) throw new RangeError('no task is held');
  const generation = (state.generation ?? 0) + 1;
  state.generation = generation;
  const given_up = state.given_up?.file ?? null;
  const input = {
    run: run.opened.run,
    position: task.position,
    stages: allTries(state),
    given_up,
    generation,
  };
  return { run, state, title: titleOf(task), input };
};

const retry = (acting: Acting): Acts['retry'] => {
  return async (argument) => {
    const { run, state, title, input } = heldTask(acting);
    const planned = await step(acting.taskQueue, `${title}: plan a retry`).planRetry({
      ...input,
      ...argument,
    });
    const task = run.opened.tasks[run.next];
    if (task === undefined) throw new RangeError('no task is held');
    const plan = completePlan(planned.plan, planned.stage, task, run.opened);
    state.rounds = [...(state.rounds ?? []), ...state.stages.map(triesOf)];
    state.stages = [newStage(planned.stage, plan, planned.first_try)];
    state.held = null;
    const asked = planned.asked === null ? '' : ` with ${planned.asked}`;
    const paused =
      acting.operator.paused === null ? '' : '; the run is paused: they start when it is resumed';
    return { did: `${title}: ${units(plan.units)} again${asked}${paused}`, units: plan.units };
  };
};

const skip = (acting: Acting): Acts['skip'] => {
  return async (argument) => {
    const { state, title, input } = heldTask(acting);
    const given = await step(acting.taskQueue, `${title}: give units up`).giveUp({ ...input, ...argument });
    state.given_up = given.given_up;
    state.held = given.left;
    const { open } = given.left;
    const next =
      open === 0 ? 'none is left open, the run goes on' : `${open} ${open === 1 ? 'is' : 'are'} left open`;
    return { did: `${title}: ${units(given.units)} given up; ${next}`, units: given.units };
  };
};

const stop = (acting: Acting): Acts['stop'] => {
  return async (): Promise<UpdateAnswer> => {
    const state = acting.run()?.task ?? null;
    if (state?.held) {
      acting.stop('fail');
      return { did: 'stopped: the run fails, what is done is kept', units: state.held.open };
    }
    const { left } = leftOf(state);
    acting.stop('cancel');
    const { workflowId, firstExecutionRunId } = workflowInfo();
    try {
      // The cancellation reaches this very update.
      await CancellationScope.nonCancellable(() =>
        step(acting.taskQueue, 'Stop: cancel the run').cancelRun({
          workflow_id: workflowId,
          first_run_id: firstExecutionRunId,
        }),
      );
    } catch (error) {
      acting.stop('not after all');
      throw error;
    }
    return { did: 'stopping: the run is cancelled, what is done is kept', units: left };
  };
};

export const createActs = (acting: Acting): Acts => ({
  pause: pause(acting),
  resume: resume(acting),
  retry: retry(acting),
  skip: skip(acting),
  stop: stop(acting),
});
