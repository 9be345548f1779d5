/**
 * What runs that began before 0.2 carry: state with one entry a batch, plans that did not say what their batches are called
 * after. Their workflow goes on where it was (docs/versioning.md).
 */
import { taskFolder } from '../tasks/names.js';
import { taskTypeTraits } from '../tasks/task-types.js';
import type { OpenedRun, TaskSummary } from '../wire/activities.js';
import type { Stage, TaskPlan } from '../wire/stages.js';
import type { RunState, StageState } from './state.js';

interface OldTrack {
  batch: number;
  tries: unknown[];
  pending: boolean;
  ended: boolean;
  done: number;
  failed: number;
}

type NotInOldPlans = 'component' | 'task_dir';

export type AnyPlan = Omit<TaskPlan, NotInOldPlans> & Partial<Pick<TaskPlan, NotInOldPlans>>;

type OldStage = Pick<StageState, 'stage'> & { plan: AnyPlan; tracks: OldTrack[] };

/** A plan as `planTask` returns it now, whichever release has made it. */
export const completePlan = (
  plan: AnyPlan,
  stage: Stage,
  task: TaskSummary,
  { run }: Pick<OpenedRun, 'run'>,
): TaskPlan => ({
  ...plan,
  component: plan.component ?? (stage === 'compute' ? 'compute' : taskTypeTraits[task.type].firstStage),
  task_dir: plan.task_dir ?? `${run.dir}/${taskFolder(task.order, task.name)}`,
});

const isOld = (stage: StageState | OldStage): stage is OldStage => 'tracks' in stage;

const upgradeStage = (old: StageState | OldStage, task: TaskSummary, opened: OpenedRun): StageState => {
  if (!isOld(old)) return old;
  const { stage, tracks } = old;
  const plan = completePlan(old.plan, stage, task, opened);
  const begun = tracks.filter((track) => track.pending || track.ended || track.tries.length > 0);
  const open = begun
    .filter((track) => !track.ended)
    .map(({ batch, tries, pending }) => ({ batch, try: tries.length + 1, pending }));
  const tried = begun.map(({ batch, tries, ended }) => [batch, tries.length + (ended ? 0 : 1)] as const);
  const sum = (pick: (track: OldTrack) => number): number =>
    tracks.reduce((total, track) => total + pick(track), 0);
  return {
    ...{ stage, plan, open },
    next: begun.length,
    more_tries: Object.fromEntries(tried.filter(([, tries]) => tries > 1)),
    batches_ended: begun.length - open.length,
    units_done: sum((track) => track.done),
    units_failed: sum((track) => track.failed),
  };
};

export const upgradeState = (state: RunState): RunState => {
  // Optional in what was recorded before.
  const { warnings } = state as Partial<RunState>;
  const { task, opened, next } = state;
  const summary = opened.tasks[next];
  if (task === null || summary === undefined) return { ...state, warnings: warnings ?? [] };
  const stages = task.stages.map((stage) => upgradeStage(stage, summary, opened));
  return { ...state, task: { ...task, stages }, warnings: warnings ?? [] };
};
