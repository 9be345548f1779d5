/**
 * State of runs that continued as new before 0.2: it held one entry a batch. Their workflow goes on where it was; what
 * batches of theirs had ended by then has no evidence, and counts as interrupted when the task is applied.
 */
import type { RunState, StageState } from './state.js';

interface OldTrack {
  batch: number;
  tries: unknown[];
  pending: boolean;
  ended: boolean;
  done: number;
  failed: number;
}

type OldStage = Pick<StageState, 'stage' | 'plan'> & { tracks: OldTrack[] };

const isOld = (stage: StageState | OldStage): stage is OldStage => 'tracks' in stage;

const upgradeStage = (old: StageState | OldStage): StageState => {
  if (!isOld(old)) return old;
  const { stage, plan, tracks } = old;
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
  const task = state.task === null ? null : { ...state.task, stages: state.task.stages.map(upgradeStage) };
  return { ...state, task, warnings: warnings ?? [] };
};
