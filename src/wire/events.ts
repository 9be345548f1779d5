/**
 * Lines of `events.jsonl`, one JSON object each (docs/events.md). Public: fields are only added, none changes its meaning.
 * Paths of files are relative to the run's directory.
 */
import type { TaskType } from './request.js';
import type { Component, RunStatus, UnitCause } from './result.js';

/** Which part of a task a line is about. */
interface OfTask {
  /** Position in the list of tasks sorted by their order, from 0. */
  task_index: number;
  /** 0, and a higher number with each retry, skip and new application of a held task. */
  generation: number;
}

export interface EventTask {
  task_index: number;
  workflow_task_id: number | null;
  workflow_task_order: number;
  task_name: string;
  /** The user's own name of the workflow-task; absent: none. */
  alias?: string;
  task_type: TaskType;
  /** Folder of the task's files. */
  folder: string;
}

export interface RunOpened {
  event: 'run_opened';
  workflow_id: string;
  run_uuid: string;
  workflow_dir: string;
  backend: string;
  workflow_name: string;
  /** Both inclusive. */
  first_task_index: number;
  last_task_index: number;
  /** Images before the first task. */
  images: number;
  /** Tasks of the range, in order. */
  tasks: EventTask[];
}

/** An earlier run has done the task (docs/continuing.md). */
export interface TaskTakenOver extends OfTask {
  event: 'task_taken_over';
  units: number;
}

export interface TaskPlanned extends OfTask {
  event: 'task_planned';
  workflow_task_order: number;
  task_name: string;
  /** As in `EventTask`. */
  alias?: string;
  /** Images that the type filters leave, before attribute filters. */
  available_images: number;
  /** Of the first stage; those of an init's list come with their own `units_planned`. */
  units: number;
}

export interface UnitsPlanned extends OfTask {
  event: 'units_planned';
  component: Component;
  units: number;
  batches: number;
  /** A line a unit: `PlannedUnitLine`. */
  file: string;
}

/** A line of the file that `units_planned` names. */
export interface PlannedUnitLine {
  index: number;
  component: Component;
  /** The one image of a parallel or compute unit, all those of a single or init part. */
  zarr_urls: string[];
  log_file: string;
}

/** No try of this generation runs the unit any more. */
export interface UnitEnded extends OfTask {
  event: 'unit_ended';
  component: Component;
  index: number;
  /** How it ended itself; in a compound that fails, the record of a unit that is done says failed. */
  status: 'done' | 'failed';
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  /** Number of the try that decided it; null: none has. */
  try: number | null;
  /** RFC 3339, by the clock of its node; null: it has not run. */
  ended: string | null;
  seconds: number | null;
  log_file: string;
}

export interface BatchWaiting extends OfTask {
  event: 'batch_waiting';
  component: Component;
  batch: number;
  try: number;
  job_id: string;
  /** The scheduler's own word where it gives one. */
  reason: string;
}

export interface UnitsGivenUp extends OfTask {
  event: 'units_given_up';
  component: Component;
  units: number;
}

export interface TaskApplied extends OfTask {
  event: 'task_applied';
  workflow_task_order: number;
  status: 'done' | 'failed';
  units_done: number;
  units_failed: number;
  /** The image list after the task, an image a line. */
  images_file: string;
  images_sha256: string;
  images: number;
  /** The task run, and the records of its units. */
  record: string;
  units_file: string;
}

/** The run waits for its operator; comes right after `task_applied`. */
export interface Held extends OfTask {
  event: 'held';
  component: Component;
  /** Failed units that nobody has given up. */
  failed_units: number;
  total_units: number;
  reason: string;
}

export interface RunClosed {
  event: 'run_closed';
  status: RunStatus;
  /** Type and message of the failure. */
  error: { type: string; message: string } | null;
  result_file: string;
}

export type RunEvent =
  | RunOpened
  | TaskTakenOver
  | TaskPlanned
  | UnitsPlanned
  | UnitEnded
  | BatchWaiting
  | UnitsGivenUp
  | TaskApplied
  | Held
  | RunClosed;

/** What stands in every line. */
export interface EventLineHead {
  /** From 1, without gaps: the number of the line. */
  seq: number;
  /** Of what the line tells: no two lines of a file have the same. */
  key: string;
  /** RFC 3339, by the clock of the worker that wrote the line. */
  time: string;
}

export type EventLine = EventLineHead & RunEvent;
