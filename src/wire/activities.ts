/**
 * What travels between `processWorkflow` and its activities: references, counts and digests, never image lists or
 * unit arguments (docs/architecture.md). It is recorded in histories, so it only ever grows optional fields.
 */
import type { ExecutionFailure, FailureDetails, FileReference, ResultReference } from './failure.js';
import type { Component } from './component.js';
import type { RunStatus } from './result.js';
import type { TaskType } from './request.js';

/** Identity of a run, in the input of every activity. */
export interface RunReference {
  /** `workflow_dir_remote` if given, else `workflow_dir_local`. */
  dir: string;
  /** Made by the workflow, kept through continue-as-new; batch keys derive from it. */
  uuid: string;
  /** The validated request, without its images. */
  request: FileReference;
  workflow_id: string;
}

export interface ImagesReference extends FileReference {
  count: number;
}

export interface TaskSummary {
  position: number;
  order: number;
  name: string;
  type: TaskType;
}

export interface OpenRunInput {
  request: unknown;
  uuid: string;
  workflow_id: string;
  started: string;
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
}

/** `first`: the images' units, or the single/init unit; `compute`: the units of an init's parallelization list. */
export type Stage = 'first' | 'compute';

export interface PlanTaskInput {
  run: RunReference;
  position: number;
  stage: Stage;
  images: ImagesReference;
  /** Carried filters. */
  type_filters: Record<string, boolean>;
  /** How often the init was tried; only for `compute`. */
  init_tries: number;
}

export interface TaskPlan {
  plan: FileReference;
  component: Component;
  /** Folder of the task's files. */
  task_dir: string;
  units: number;
  units_per_batch: number;
  batches: number;
}

export interface RunBatchInput {
  run: RunReference;
  position: number;
  stage: Stage;
  plan: FileReference;
  batch: number;
  /** From 1; a later try runs what the one before left `again`. */
  try: number;
}

/** The verdict on a batch, counted; its evidence lies in the run's directory, under the batch's key. */
export interface BatchOutcome {
  done: number;
  failed: number;
  /** Units that the next try is to run: never started, or interrupted and permitted to run again. */
  again: number;
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
  batches: { batch: number; try: number }[];
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

/** How often each batch of a stage was tried: a size that does not grow with the number of batches. */
export interface StageTries {
  stage: Stage;
  plan: FileReference;
  /** Batches from 0 to here, exclusive, have been begun. */
  begun: number;
  /** Of those that were tried more than once, how often. */
  more_tries: Record<string, number>;
}

export interface ApplyTaskInput {
  run: RunReference;
  position: number;
  images: ImagesReference;
  type_filters: Record<string, boolean>;
  stages: StageTries[];
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

export interface ProcessWorkflowActivities {
  openRun(input: OpenRunInput): Promise<OpenedRun>;
  planTask(input: PlanTaskInput): Promise<TaskPlan>;
  runBatch(input: RunBatchInput): Promise<BatchOutcome>;
  cancelBatches(input: CancelBatchesInput): Promise<CancelledBatches>;
  applyTask(input: ApplyTaskInput): Promise<AppliedTask>;
  closeRun(input: CloseRunInput): Promise<ResultReference>;
}

/** What the workflow returns when every task is done. */
export interface ProcessWorkflowResult {
  status: RunStatus;
  result: ResultReference;
}
