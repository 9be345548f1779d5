/** The result of a run, as `result.json` holds it (docs/result.md). */
import type { Component } from './component.js';
import type { FailureDetails } from './failure.js';
import type { Image, JsonObject } from './request.js';

export type { Component };
export type RunStatus = 'done' | 'failed' | 'cancelled';
export type TaskStatus = 'submitted' | 'done' | 'failed';

/** Why a unit is not done; null for a unit that is. */
export const unitCauses = [
  'exit',
  'signal',
  'invalid_output',
  'not_executable',
  'out_of_memory',
  'timeout',
  'cancelled',
  'interrupted',
  'never_started',
] as const;

export type UnitCause = (typeof unitCauses)[number];

/** One try that was to run a unit. */
export interface UnitTry {
  /** Number of the try, from 1; the log of a run that was repeated is `-log.{n}.txt`. */
  n: number;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  /** What its job asked for a unit, in the backend's own words; empty where it asks for nothing. */
  asked: JsonObject;
  /** Wall time of the unit, and what its job used as far as its scheduler has said by then. */
  used: { seconds: number | null; max_rss_bytes: number | null; cpu_seconds: number | null };
  node: string | null;
  job: string | null;
  /** null: this try did not begin it. */
  log_file: string | null;
}

export interface UnitRecord {
  index: number;
  component: Component;
  zarr_url: string | null;
  /** Images that a single or init part was given; absent from other units, and from records of before 0.4. */
  zarr_urls?: string[];
  status: TaskStatus;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  log_file: string;
  slurm_job_id: string | null;
  /** Wall time of the unit's process, as the node measured it. */
  seconds: number | null;
  /** Absent from records of before 0.3. */
  tries?: UnitTry[];
  /** Lines of its log that hold "warning"; absent: none. */
  warnings?: number;
}

/** One SLURM job of a task: what it used (null where accounting does not say) against what was asked for. */
export interface SlurmJobRecord {
  job_id: string;
  job_name: string;
  /** Number of the batch that it ran, from 0. */
  batch: number;
  /** SLURM's own word, e.g. COMPLETED; null when it was not learnt. */
  state: string | null;
  elapsed_seconds: number | null;
  max_rss_bytes: number | null;
  cpu_seconds: number | null;
  requested: JsonObject;
}

export interface TaskRunRecord {
  workflow_task_order: number;
  task_name: string;
  /** The user's own name of the workflow-task; absent: none. */
  alias?: string;
  status: TaskStatus;
  num_available_images: number;
  num_tasks: number;
  num_new_images: number;
  slurm_job_ids: string[];
  /** Only where the backend is SLURM. */
  slurm_jobs?: SlurmJobRecord[];
  /** Units whose logs hold lines with "warning"; absent: none. */
  units_with_warnings?: number;
  /** RFC 3339, UTC. */
  started: string;
  ended: string | null;
  units: UnitRecord[];
}

export interface RunError {
  type: string;
  message: string;
  details: FailureDetails | null;
}

export interface RunResult {
  status: RunStatus;
  error: RunError | null;
  images: Image[];
  type_filters: Record<string, boolean>;
  task_runs: TaskRunRecord[];
  workflow_id: string;
  run_id: string;
  workflow_dir: string;
}
