/** The result of a run, as `result.json` holds it (docs/result.md). */
import type { FailureDetails } from './failure.js';
import type { Image } from './request.js';

export type Component = 'non_parallel' | 'parallel' | 'init' | 'compute';
export type RunStatus = 'done' | 'failed' | 'cancelled';
export type TaskStatus = 'submitted' | 'done' | 'failed';

/** Why a unit is not done; null for a unit that is. */
export type UnitCause =
  | 'exit'
  | 'signal'
  | 'invalid_output'
  | 'not_executable'
  | 'out_of_memory'
  | 'timeout'
  | 'node'
  | 'cancelled'
  | 'interrupted'
  | 'never_started';

export interface UnitRecord {
  index: number;
  component: Component;
  zarr_url: string | null;
  status: TaskStatus;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  log_file: string;
  slurm_job_id: string | null;
  /** Wall time of the unit's process, as the node measured it. */
  seconds: number | null;
}

export interface TaskRunRecord {
  workflow_task_order: number;
  task_name: string;
  status: TaskStatus;
  num_available_images: number;
  num_tasks: number;
  num_new_images: number;
  slurm_job_ids: string[];
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
