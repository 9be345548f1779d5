/** All that a run carries from one workflow task, or one continued run, to the next: references and counts. */
import type { AppliedTask, BatchOutcome, OpenedRun, PartToCome } from '../wire/activities.js';
import type { GivenUp, HeldUnits } from '../wire/held.js';
import type { ImagesReference, Stage, StageTries, TaskPlan } from '../wire/stages.js';
import type { ExecutionFailure, FileReference } from '../wire/failure.js';
import type { OperatorState } from './operator/state.js';

/** A batch that has begun and not ended. */
export interface BatchTrack {
  batch: number;
  /** Its try that is under way or next, from 1. */
  try: number;
  /** That try has been scheduled and its outcome is not known yet. */
  pending: boolean;
  /** What that try consists of; absent: of one part, as planned. */
  parts?: PartToCome[] | undefined;
}

/** Of a size that does not grow with the number of batches: those that ended are only counted. */
export interface StageState {
  stage: Stage;
  plan: TaskPlan;
  /** Number of the first try of its batches: a retry's tries go on where those before it ended. Absent: 1. */
  first_try?: number;
  /** The first batch that has not begun. */
  next: number;
  open: BatchTrack[];
  /** Number of the last try of those batches that were tried more than once. */
  more_tries: Record<string, number>;
  batches_ended: number;
  units_done: number;
  units_failed: number;
}

export interface TaskState {
  started: string;
  /** Those of the round that is under way: as planned first, or a retry. */
  stages: StageState[];
  /** Stages of the rounds before. Absent: none. */
  rounds?: StageTries[];
  /** Of the files that applying and retrying write: each time it is done, they are new ones. Absent: 0. */
  generation?: number;
  /** What was applied last: kept already, whatever becomes of the rounds after. */
  applied?: AppliedTask;
  /** Units have failed, and the run waits for its operator. */
  held?: HeldUnits | null;
  /** Units that the operator has skipped. */
  given_up?: GivenUp | null;
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
  /** Of the first task whose failed units were given up: the run went on, and ends with it. */
  failure?: ExecutionFailure | null;
  /** Images that the following tasks leave out, since their units have failed. */
  left_out?: FileReference;
  operator?: OperatorState;
}

export const newRun = (opened: OpenedRun): RunState => ({
  opened,
  next: opened.taken_over?.records.length ?? 0,
  task: null,
  images: opened.images,
  type_filters: opened.type_filters,
  records: [...(opened.taken_over?.records ?? [])],
  totals: [...(opened.taken_over?.totals ?? [])],
  warnings: [...(opened.warnings ?? [])],
});

export const newStage = (stage: Stage, plan: TaskPlan, firstTry = 1): StageState => ({
  ...{ stage, plan },
  ...(firstTry === 1 ? {} : { first_try: firstTry }),
  ...{ next: 0, open: [], more_tries: {} },
  ...{ batches_ended: 0, units_done: 0, units_failed: 0 },
});

const firstTryOf = ({ first_try }: Pick<StageState, 'first_try'>): number => first_try ?? 1;

/** The next batch that has not begun; null when all have. */
export const beginBatch = (stage: StageState): BatchTrack | null => {
  if (stage.next >= stage.plan.batches) return null;
  const track = { batch: stage.next, try: firstTryOf(stage), pending: false };
  stage.next += 1;
  stage.open.push(track);
  return track;
};

const endBatch = (stage: StageState, track: BatchTrack): void => {
  stage.open = stage.open.filter((other) => other !== track);
  stage.batches_ended += 1;
};

/** Parts of one name, left by several parts of a try, run together. */
const partsToCome = (outcomes: readonly BatchOutcome[]): PartToCome[] => {
  const parts: Record<string, PartToCome> = {};
  for (const { part, units, words } of outcomes.flatMap(({ next }) => next ?? [])) {
    const known = parts[part];
    const both = known === undefined || known.words === words ? words : `${known.words}; ${words}`;
    parts[part] = { part, units: units + (known?.units ?? 0), words: both };
  }
  return Object.keys(parts)
    .sort()
    .flatMap((name) => parts[name] ?? []);
};

/** Enters the outcomes of all parts of a try: the batch goes on as long as units are left to run again. */
export const recordTry = (
  stage: StageState,
  track: BatchTrack,
  ...outcomes: readonly BatchOutcome[]
): void => {
  track.pending = false;
  for (const { done, failed } of outcomes) {
    stage.units_done += done;
    stage.units_failed += failed;
  }
  if (outcomes.every(({ again }) => again === 0)) {
    endBatch(stage, track);
    return;
  }
  const next = partsToCome(outcomes);
  track.parts = next.length > 0 ? next : undefined;
  track.try += 1;
  stage.more_tries[String(track.batch)] = track.try;
};

/** Names of the parts that the track's try consists of, as activities take them. */
export const partsOfTrack = ({ parts }: BatchTrack): { part?: string }[] =>
  parts === undefined ? [{}] : parts.map(({ part }) => (part === '' ? {} : { part }));

/** Batches that were ended before their time; what had been scheduled of them is over. */
export const endOpenBatches = (stage: StageState): void => {
  const first = firstTryOf(stage);
  for (const track of stage.open) {
    // A try that was never scheduled has left nothing behind.
    if (track.pending) continue;
    if (track.try === first) continue;
    if (track.try === first + 1) Reflect.deleteProperty(stage.more_tries, String(track.batch));
    else stage.more_tries[String(track.batch)] = track.try - 1;
  }
  stage.batches_ended += stage.open.length;
  stage.open = [];
};

/** What applying needs to know of a stage. */
export const triesOf = (stage: StageState): StageTries => ({
  stage: stage.stage,
  plan: stage.plan.plan,
  ...(stage.first_try === undefined ? {} : { first_try: stage.first_try }),
  begun: stage.next,
  more_tries: stage.more_tries,
});

/** The stages of all rounds, in their order. */
export const allTries = ({ rounds = [], stages }: TaskState): StageTries[] => [
  ...rounds,
  ...stages.map(triesOf),
];
