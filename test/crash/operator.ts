/** What the operator of a scenario does: with a held run, and when it is paused, as the workflow's updates do it. */
import type { AppliedTask, ProcessWorkflowActivities } from '../../src/wire/activities.js';
import type { RetryArgument, SkipArgument } from '../../src/wire/updates.js';
import { allTries, newStage, triesOf, type RunState, type TaskState } from '../../src/workflows/state.js';

export type OperatorAct = { retry: Partial<RetryArgument> } | { skip: Partial<SkipArgument> };

export interface Operator {
  /** What is done each time that the run is held, one after the other; then the run is stopped. */
  acts: readonly OperatorAct[];
  /** The run is paused, now, before the batch that is begun as number so many, from 0, and resumed after it. */
  pausesAt?: number;
}

/** What becomes of a held run after one act: its failed units run again, none is left open, or it is still held. */
export type Decision = 'retry' | 'given up' | 'held';

/** Carries out one act on the held task, and enters what came of it (src/workflows/operator/acts.ts). */
export const actOnHeld = async (
  activities: ProcessWorkflowActivities,
  run: RunState,
  state: TaskState,
  act: OperatorAct,
): Promise<Decision> => {
  const generation = (state.generation ?? 0) + 1;
  state.generation = generation;
  const input = {
    ...{ run: run.opened.run, position: run.opened.tasks[run.next]?.position ?? 0 },
    ...{ stages: allTries(state), given_up: state.given_up?.file ?? null, generation },
  };
  if ('skip' in act) {
    const given = await activities.giveUp({ ...input, units: 'failed', ...act.skip });
    state.given_up = given.given_up;
    state.held = given.left;
    return given.left.open === 0 ? 'given up' : 'held';
  }
  const planned = await activities.planRetry({
    ...{ ...input, units: 'failed', meta: {}, rerun_interrupted: false },
    ...act.retry,
  });
  state.rounds = [...(state.rounds ?? []), ...state.stages.map(triesOf)];
  state.stages = [newStage(planned.stage, planned.plan, planned.first_try)];
  state.held = null;
  return 'retry';
};

/** Asks the operator until the run goes on; null when nothing more is said. */
export const whileHeld = async (
  activities: ProcessWorkflowActivities,
  run: RunState,
  state: TaskState,
  applied: AppliedTask,
  acts: OperatorAct[],
): Promise<'retry' | 'given up' | null> => {
  state.applied = applied;
  state.held = applied.hold ?? null;
  for (let act = acts.shift(); act !== undefined; act = acts.shift()) {
    const decision = await actOnHeld(activities, run, state, act);
    if (decision !== 'held') return decision;
  }
  return null;
};
