/**
 * What travels between `processWorkflow` and its activities: references, counts and digests, never image lists or
 * unit arguments (docs/architecture.md). It is recorded in histories, so it only ever grows optional fields.
 */
import type { ExecutionFailure, FailureDetails, FileReference, ResultReference } from './failure.js';
import type { Component } from './component.js';
import type {
  GiveUpInput,
  GivenUpUnits,
  HeldUnits,
  MarkPauseInput,
  PlannedRetry,
  PlanRetryInput,
} from './held.js';
import type { TaskType } from './request.js';
import type { RunStatus } from './result.js';
import type { ImagesReference, RunReference, Stage, StageTries, TaskPlan } from './stages.js';

export interface TaskSummary {
  position: number;
  order: number;
  name: string;
  /** The user's own name of the workflow-task; absent: none, or the run was opened by an older release. */
  alias?: string;
  type: TaskType;
}

export interface OpenRunInput {
  request: unknown;
  uuid: string;
  workflow_id: string;
  started: string;
  /** The workflow knows tries in parts; absent: it is an older one. */
  in_parts?: boolean;
}

export interface OpenedRun {
  run: RunReference;
  workflow_name: string;
  backend: string;
  /** The tasks of the range, in order. */
  tasks: TaskSummary[];
  images: ImagesReference;
  type_filters: Record<string, boolean>;
  /** null where the server does not know them. */
  search_attributes: {
    /** Absent from those of 0.2, and where the server does not know this one. */
    FractalWorkflow?: string | null;
    FractalBackend: string;
    FractalDataset: string;
    FractalJobId: number | null;
  } | null;
  /** The server knows `FractalStatus`. Absent in what was recorded before 0.3. */
  has_status_attribute?: boolean;
  /** Tasks at the beginning of the range that an earlier run has done; `images` and `type_filters` are those after them. */
  taken_over?: TakenTasks;
  /** What of the request is ignored and looks misspelt. Absent: nothing. */
  warnings?: string[];
}

/** One entry a task, in order. */
export interface TakenTasks {
  records: FileReference[];
  totals: { status: 'done'; done: number; failed: number; total: number; batches: number }[];
}

export interface PlanTaskInput {
  run: RunReference;
  position: number;
  stage: Stage;
  images: ImagesReference;
  /** Carried filters. */
  type_filters: Record<string, boolean>;
  /** How often the init was tried; only for `compute`. */
  init_tries: number;
  /** Images that the task is not given; absent: none. */
  left_out?: FileReference;
  /** Number of the first try of the init's round, where that was retried; absent: 1. */
  init_first_try?: number;
  /** Of the retry after which the stage is planned; absent: none, 0. */
  generation?: number;
}

export interface RunBatchInput {
  run: RunReference;
  position: number;
  stage: Stage;
  plan: FileReference;
  batch: number;
  /** From 1; a later try runs what the one before left `again`. */
  try: number;
  /** Of the try: those units that ask for the same. Absent: for what was planned. */
  part?: string;
}

/** A part of the try that comes next. */
export interface PartToCome {
  /** Its name; empty where its units ask for what was planned. */
  part: string;
  units: number;
  /** Why and with what they run again, for people. */
  words: string;
}

/** The verdict on a batch, counted; its evidence lies in the run's directory, under the batch's key. */
export interface BatchOutcome {
  done: number;
  failed: number;
  /** Units that the next try is to run: never started, or interrupted and permitted to run again. */
  again: number;
  /** Parts of the next try; absent where there is none, and from outcomes of before 0.3: then it has one. */
  next?: PartToCome[];
}

/** `details[0]` of the failure that `runBatch` throws. */
export interface BatchFailureDetails extends FailureDetails {
  outcome: BatchOutcome | null;
}

/** Batches of one stage that are to be ended. What finds them by name is in the input: no file need be read. */
export interface StageToEnd {
  stage: Stage;
  plan: FileReference;
  component: Component;
  task_dir: string;
  batches: { batch: number; try: number; part?: string }[];
}

export interface CancelBatchesInput {
  run: RunReference;
  position: number;
  workflow_name: string;
  order: number;
  task_name: string;
  stages: StageToEnd[];
  /** Whether the run was cancelled (then what did not end is `cancelled`), or only these attempts are given up. */
  reason: 'cancelled' | 'gave_up';
}

export interface CancelledBatches {
  /** What could not be made sure of, batch by batch, in words; bounded. */
  uncertain: string[];
}

export interface ApplyTaskInput {
  run: RunReference;
  position: number;
  images: ImagesReference;
  type_filters: Record<string, boolean>;
  /** Of every round of the task, in their order: as planned first, then what was retried. */
  stages: StageTries[];
  /** Of the files that this writes; absent: 0, the first time that the task is applied. */
  generation?: number;
  /** Units that the operator has skipped. */
  given_up?: FileReference | null;
  /** Images that the task was not given; absent: none. */
  left_out?: FileReference;
  /** A failure outside the units (no image left, layout refused, an activity that gave up). */
  failure: ExecutionFailure | null;
  cancelled: boolean;
  started: string;
  ended: string;
}

export interface AppliedTask {
  images: ImagesReference;
  record: FileReference;
  type_filters: Record<string, boolean>;
  status: 'done' | 'failed';
  failure: ExecutionFailure | null;
  done: number;
  failed: number;
  total: number;
  /** The run waits for its operator, with these units. */
  hold?: HeldUnits;
  /** Failed units were given up: the following tasks run, and the run ends with the failure. */
  goes_on?: boolean;
  /** Images that the following tasks leave out; absent: as before. */
  left_out?: FileReference;
}

export interface CloseRunInput {
  run: RunReference;
  run_id: string;
  status: RunStatus;
  error: { type: string; message: string; details: FailureDetails | null } | null;
  images: ImagesReference;
  type_filters: Record<string, boolean>;
  /** Records of the tasks, in order. */
  records: FileReference[];
}

export interface CancelRunInput {
  workflow_id: string;
  /** Of the chain of continue-as-new. */
  first_run_id: string;
}

export interface ProcessWorkflowActivities {
  openRun(input: OpenRunInput): Promise<OpenedRun>;
  planTask(input: PlanTaskInput): Promise<TaskPlan>;
  runBatch(input: RunBatchInput): Promise<BatchOutcome>;
  cancelBatches(input: CancelBatchesInput): Promise<CancelledBatches>;
  applyTask(input: ApplyTaskInput): Promise<AppliedTask>;
  closeRun(input: CloseRunInput): Promise<ResultReference>;
  planRetry(input: PlanRetryInput): Promise<PlannedRetry>;
  giveUp(input: GiveUpInput): Promise<GivenUpUnits>;
  markPause(input: MarkPauseInput): Promise<void>;
  cancelRun(input: CancelRunInput): Promise<void>;
}

/** What the workflow returns when every task is done. */
export interface ProcessWorkflowResult {
  status: RunStatus;
  result: ResultReference;
}
