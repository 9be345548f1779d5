/** Requests made of scripted tasks (test/support/scripted-task.mjs). */
import type { ProcessWorkflowInput } from '../../src/client/request.js';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageUpdate, ParallelizationItem } from '../../src/wire/task-output.js';

export const scriptedTask = fileURLToPath(new URL('scripted-task.mjs', import.meta.url));

export const scriptedCommand = `node ${scriptedTask}`;

/** What a unit does; keyed by its zarr_url, or "*" for any. */
export interface UnitScript {
  log?: string;
  /** Memory to use before anything else. */
  hog_bytes?: number;
  /** A folder that is there while it runs; ends with 8 where it is there already. */
  alone?: string;
  /** A file to make, once it is alone. */
  tell?: string;
  /** Exit codes of the unit's runs, in their order. */
  exits?: number[];
  wait_for?: string;
  /** Ends with 9 as long as this file is there. */
  fail_while?: string;
  write?: unknown;
  /** What the unit's runs write, in their order; null: nothing. */
  writes?: unknown[];
  raw?: string;
  /** What to leave at the output's path instead of a file of JSON. */
  left?: 'folder' | 'pipe' | 'not UTF-8';
  exit?: number;
  signal?: string;
}

export interface TaskSpec {
  name?: string;
  type: 'non_parallel' | 'parallel' | 'compound' | 'converter_non_parallel' | 'converter_compound';
  /** Script of the single, init or parallel part. */
  script?: Record<string, UnitScript | undefined>;
  /** Script of the compute part. */
  compute?: Record<string, UnitScript | undefined>;
  command?: string;
  input_types?: Record<string, boolean | undefined>;
  output_types?: Record<string, boolean | undefined>;
  type_filters?: Record<string, boolean>;
  meta?: Record<string, unknown>;
  runs_file?: string;
}

const workflowTask = (spec: TaskSpec, index: number): Record<string, unknown> => {
  const command = spec.command ?? scriptedCommand;
  const both = spec.type.includes('compound');
  const args = { script: spec.script ?? {}, ...(spec.runs_file ? { runs_file: spec.runs_file } : {}) };
  const compute = { ...args, script: (both ? spec.compute : spec.script) ?? {} };
  return {
    id: 100 + index,
    order: index,
    task_type: spec.type,
    args_non_parallel: spec.type === 'parallel' ? null : args,
    args_parallel: spec.type === 'parallel' || both ? compute : null,
    meta_non_parallel: spec.type === 'parallel' ? null : (spec.meta ?? null),
    meta_parallel: spec.type === 'parallel' || both ? (spec.meta ?? null) : null,
    type_filters: spec.type_filters ?? {},
    task: {
      name: spec.name ?? `Task ${index}`,
      type: spec.type,
      command_non_parallel: spec.type === 'parallel' ? null : command,
      command_parallel: spec.type === 'parallel' || both ? command : null,
      input_types: spec.input_types ?? {},
      output_types: spec.output_types ?? {},
    },
  };
};

export interface RequestSpec {
  /** Folder of the test; run and zarr folders lie inside. */
  dir: string;
  tasks: TaskSpec[];
  /** Names of images inside the zarr_dir. */
  images?: string[];
  extra?: Record<string, unknown>;
}

export const zarrUrl = (dir: string, name: string): string => join(dir, 'zarr', name);

/** A whole request; `extra` goes over it. */
export const makeRequest = ({ dir, tasks, images = [], extra = {} }: RequestSpec) => ({
  workflow: {
    name: 'Test workflow',
    task_list: tasks.map(workflowTask) as unknown as ProcessWorkflowInput['workflow']['task_list'],
  },
  dataset: {
    id: 7,
    name: 'Test dataset',
    zarr_dir: join(dir, 'zarr'),
    images: images.map((name) => ({ zarr_url: zarrUrl(dir, name), attributes: { name }, types: {} })),
  },
  workflow_dir_local: join(dir, 'run'),
  ...extra,
});

export const update = (zarr_url: string, more: Partial<ImageUpdate> = {}): Record<string, unknown> => ({
  zarr_url,
  ...more,
});

export const listOf = (...items: Partial<ParallelizationItem>[]): { parallelization_list: unknown[] } => ({
  parallelization_list: items,
});
