/** All that a run carries from one workflow task, or one continued run, to the next: references and counts. */
import type { BatchOutcome, ImagesReference, OpenedRun, Stage, TaskPlan } from '../wire/activities.js';
import type { FileReference } from '../wire/failure.js';

/** One batch of a stage: the outcomes of its tries so far. */
export interface BatchTrack {
  batch: number;
  tries: FileReference[];
  /** Tries in a row in which no unit ended. */
  barren: number;
  /** A try has been scheduled and its outcome is not known yet. */
  pending: boolean;
  ended: boolean;
  done: number;
  failed: number;
}

export interface StageState {
  stage: Stage;
  plan: TaskPlan;
  tracks: BatchTrack[];
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
}

export const newRun = (opened: OpenedRun): RunState => ({
  opened,
  next: 0,
  task: null,
  images: opened.images,
  type_filters: opened.type_filters,
  records: [],
  totals: [],
});

export const newStage = (stage: Stage, plan: TaskPlan): StageState => ({
  stage,
  plan,
  tracks: Array.from({ length: plan.batches }, (_, batch) => ({
    batch,
    tries: [],
    barren: 0,
    pending: false,
    ended: false,
    done: 0,
    failed: 0,
  })),
});

/** Enters the outcome of a try: the batch goes on as long as units are left to run again. */
export const recordTry = (track: BatchTrack, outcome: BatchOutcome): void => {
  track.tries.push(outcome.outcome);
  track.pending = false;
  track.done += outcome.done;
  track.failed += outcome.failed;
  track.barren = outcome.progressed ? 0 : track.barren + 1;
  track.ended = outcome.again === 0;
};
