/** What the model and a run are compared by. */
import type { JsonObject, JsonValue } from '../../../src/wire/request.js';

export interface UnitView {
  index: number;
  component: 'non_parallel' | 'parallel' | 'init' | 'compute';
  zarr_url: string | null;
  status: 'done' | 'failed' | 'submitted';
  cause: string | null;
  exit_code: number | null;
  signal: number | null;
  /** Relative to the run's directory. */
  log_file: string;
  /** Content of the arguments file, keys sorted; null when the unit has not begun. */
  args: JsonValue;
  /** How often it has begun: its logs. */
  runs: number;
}

/** One try of a batch, as it was submitted. */
export interface TryView {
  stage: 'first' | 'compute';
  batch: number;
  try: number;
  /** Indices. */
  units: number[];
  avoided: string[];
  /** What was asked for, as a multiple of what was planned. */
  memory: number;
  time: number;
}

export interface TaskRunView {
  workflow_task_order: number;
  task_name: string;
  status: 'done' | 'failed' | 'submitted';
  num_available_images: number;
  num_tasks: number;
  num_new_images: number;
  units: UnitView[];
  /** By stage, batch and try; none where its units are processes. */
  tries: TryView[];
}

export interface ErrorView {
  type: string;
  workflow_task_id: number | null;
  workflow_task_order: number | null;
  task_name: string | null;
  unit_index: number | null;
  component: string | null;
  exit_code: number | null;
  signal: number | null;
  failed_units: number | null;
  total_units: number | null;
}

/** What the operator of a held run has asked for, in its order, and how many units it was about; null: refused. */
export interface ActView {
  name: 'retry' | 'skip' | 'stop';
  argument: JsonObject;
  units: number | null;
}

export interface RunView {
  status: 'done' | 'failed' | 'cancelled' | 'refused';
  /** JSON Pointers of what is wrong with a refused request, sorted, each once. */
  refused: string[] | null;
  error: ErrorView | null;
  images: { zarr_url: string; origin: string | null; attributes: JsonValue; types: JsonValue }[];
  type_filters: JsonValue;
  task_runs: TaskRunView[];
  acts: ActView[];
}
