/** All that a run carries from one workflow task, or one continued run, to the next: references and counts. */
import type { BatchOutcome, ImagesReference, OpenedRun, Stage, TaskPlan } from '../wire/activities.js';
import type { FileReference } from '../wire/failure.js';

/** A batch that has begun and not ended. */
export interface BatchTrack {
  batch: number;
  /** Its try that is under way or next, from 1. */
  try: number;
  /** That try has been scheduled and its outcome is not known yet. */
  pending: boolean;
}

/** Of a size that does not grow with the number of batches: those that ended are only counted. */
export interface StageState {
  stage: Stage;
  plan: TaskPlan;
  /** The first batch that has not begun. */
  next: number;
  open: BatchTrack[];
  /** How often batches were tried that were tried more than once. */
  more_tries: Record<string, number>;
  batches_ended: number;
  units_done: number;
  units_failed: number;
}

export interface TaskState {
  started: string;
  stages: StageState[];
}

/** Units and batches of an ended task. */
export interface TaskTotals {
  status: 'done' | 'failed';
  done: number;
  failed: number;
  total: number;
  batches: number;
}

export interface RunState {
  opened: OpenedRun;
  /** Index into `opened.tasks` of the task that is next or under way. */
  next: number;
  task: TaskState | null;
  images: ImagesReference;
  type_filters: Record<string, boolean>;
  /** Records of the ended tasks. */
  records: FileReference[];
  /** Ended tasks, by index into `opened.tasks`. */
  totals: TaskTotals[];
  /** What an operator should know, bounded. */
  warnings: string[];
}

export const newRun = (opened: OpenedRun): RunState => ({
  opened,
  next: 0,
  task: null,
  images: opened.images,
  type_filters: opened.type_filters,
  records: [],
  totals: [],
  warnings: [],
});

export const newStage = (stage: Stage, plan: TaskPlan): StageState => ({
  ...{ stage, plan },
  ...{ next: 0, open: [], more_tries: {} },
  ...{ batches_ended: 0, units_done: 0, units_failed: 0 },
});

/** The next batch that has not begun; null when all have. */
export const beginBatch = (stage: StageState): BatchTrack | null => {
  if (stage.next >= stage.plan.batches) return null;
  const track = { batch: stage.next, try: 1, pending: false };
  stage.next += 1;
  stage.open.push(track);
  return track;
};

const endBatch = (stage: StageState, track: BatchTrack): void => {
  stage.open = stage.open.filter((other) => other !== track);
  stage.batches_ended += 1;
};

/** Enters the outcome of a try: the batch goes on as long as units are left to run again. */
export const recordTry = (stage: StageState, track: BatchTrack, outcome: BatchOutcome): void => {
  track.pending = false;
  stage.units_done += outcome.done;
  stage.units_failed += outcome.failed;
  if (outcome.again === 0) {
    endBatch(stage, track);
    return;
  }
  track.try += 1;
  stage.more_tries[String(track.batch)] = track.try;
};

/** Batches that were ended before their time; what had been scheduled of them is over. */
export const endOpenBatches = (stage: StageState): void => {
  for (const track of stage.open) {
    // A try that was never scheduled has left nothing behind.
    if (track.pending) continue;
    if (track.try === 1) continue;
    if (track.try === 2) Reflect.deleteProperty(stage.more_tries, String(track.batch));
    else stage.more_tries[String(track.batch)] = track.try - 1;
  }
  stage.batches_ended += stage.open.length;
  stage.open = [];
};
