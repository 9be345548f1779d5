/** The request of `processWorkflow`, as it travels: Fractal's own snake_case JSON (docs/request.md). */

import type { Recovery } from './recovery.js';

/** Attributes of an image are scalars; JSON has one number type. */
export type AttributeValue = number | string | boolean;

export interface Image {
  zarr_url: string;
  origin: string | null;
  attributes: Record<string, AttributeValue>;
  types: Record<string, boolean>;
}

export type TaskType =
  'non_parallel' | 'parallel' | 'compound' | 'converter_non_parallel' | 'converter_compound';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

export interface Task {
  name: string;
  type: TaskType;
  command_non_parallel: string | null;
  command_parallel: string | null;
  input_types: Record<string, boolean>;
  output_types: Record<string, boolean>;
  meta_non_parallel: JsonObject;
  meta_parallel: JsonObject;
}

export interface WorkflowTask {
  id: number | null;
  order: number;
  /** The user's own name of it; absent: none. */
  alias?: string | null;
  task_type: TaskType;
  args_non_parallel: JsonObject;
  args_parallel: JsonObject;
  meta_non_parallel: JsonObject;
  meta_parallel: JsonObject;
  type_filters: Record<string, boolean>;
  task: Task;
}

export interface FractalWorkflow {
  name: string;
  task_list: WorkflowTask[];
}

export interface Dataset {
  id: number | null;
  name: string | null;
  zarr_dir: string;
  /** Empty when `images_file` is given. */
  images: Image[];
  /** Absolute path of a JSON array of images, read by the worker, instead of `images`. */
  images_file: string | null;
}

/** A request after validation: every default filled in, urls normalised, `task_list` sorted by `order`. */
export interface ProcessWorkflowRequest {
  workflow: FractalWorkflow;
  dataset: Dataset;
  workflow_dir_local: string;
  workflow_dir_remote: string | null;
  first_task_index: number;
  last_task_index: number;
  job_id: number | null;
  user_id: number | null;
  logger_name: string | null;
  job_attribute_filters: Record<string, AttributeValue[]>;
  job_type_filters: Record<string, boolean>;
  backend: string;
  activity_task_queue: string;
  recovery: Recovery;
  /** Directory of an earlier run whose finished part is taken over. Absent from what older releases have stored. */
  continue_from?: string | null;
  worker_init: string | null;
  slurm_account: string | null;
  user_cache_dir: string | null;
  /** Absent in requests of runs that were opened by an older version. */
  warm_start?: boolean;
  /** Attributes in which units that run at once must not agree; absent: none. */
  exclusive?: string[];
}
