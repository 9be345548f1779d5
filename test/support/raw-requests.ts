/** Requests as a client sends them; tests change what they are about. */
import type { JsonObject, TaskType } from '../../src/wire/request.js';

/** A task as Fractal's API returns it, with fields that a run ignores. */
export const rawTask = (rest: JsonObject = {}): JsonObject => ({
  id: 7,
  name: 'Illumination Correction',
  type: 'parallel',
  source: 'pip_remote:tasks:1.0',
  version: '1.0',
  command_non_parallel: null,
  command_parallel: '/venv/bin/python /venv/tasks/correct.py',
  meta_parallel: { cpus_per_task: 1 },
  meta_non_parallel: {},
  args_schema_parallel: { type: 'object' },
  input_types: {},
  output_types: {},
  taskgroupv2_id: 3,
  tags: [],
  ...rest,
});

/** A workflow-task as Fractal's API returns it. */
export const rawWorkflowTask = (order: number, rest: JsonObject = {}, task: JsonObject = {}): JsonObject => ({
  id: 100 + order,
  workflow_id: 5,
  order,
  meta_non_parallel: null,
  meta_parallel: null,
  args_non_parallel: null,
  args_parallel: null,
  type_filters: {},
  task_type: task.type ?? 'parallel',
  task_id: 7,
  task: rawTask(task),
  ...rest,
});

const command = '/venv/bin/python /venv/tasks/task.py';

/** A task with the commands that its type needs. */
export const rawTaskOfType = (type: TaskType): JsonObject => ({
  type,
  command_non_parallel: type === 'parallel' ? null : command,
  command_parallel: type.endsWith('non_parallel') ? null : command,
});

export const rawWorkflow = (tasks: JsonObject[]): JsonObject => ({
  id: 5,
  name: 'Correct',
  project_id: 1,
  timestamp_created: '2024-01-01T00:00:00+00:00',
  task_list: tasks,
});

export const rawRequest = (rest: JsonObject = {}): JsonObject => ({
  workflow: rawWorkflow([rawWorkflowTask(0)]),
  dataset: { id: 2, name: 'Plate', project_id: 1, zarr_dir: '/data/zarr', images: [] },
  workflow_dir_local: '/data/jobs/1',
  ...rest,
});

export const rawTasks = (count: number): JsonObject[] =>
  Array.from({ length: count }, (_, order) => rawWorkflowTask(order));

export const withTasks = (...tasks: JsonObject[]): JsonObject => rawRequest({ workflow: rawWorkflow(tasks) });
export const withTask = (rest: JsonObject, task: JsonObject = {}): JsonObject =>
  withTasks(rawWorkflowTask(0, rest, task));
export const withDataset = (rest: JsonObject): JsonObject =>
  rawRequest({ dataset: { zarr_dir: '/data/zarr', ...rest } });

export const omit = (object: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
