/** Lines of `events.jsonl` and of the files that they name (docs/events.md); the types are those of src/wire/events.ts. */
import { z } from 'zod';
import { unitCauses } from '../../wire/result.js';
import { taskTypeTraits } from '../../tasks/task-types.js';
import { count, integer } from './scalars.js';

const time = z.iso.datetime({ offset: true });
const component = z.enum(['non_parallel', 'parallel', 'init', 'compute']);
const file = z.string();
const number = z.number().nullable();

const head = {
  seq: integer.describe('Number of the line, from 1, without gaps'),
  key: z.string().describe('Of what the line tells: no two lines of a file have the same'),
  time: time.describe('By the clock of the worker that wrote the line'),
};

const ofTask = {
  task_index: count.describe('Position in the list of tasks sorted by their order, from 0'),
  generation: count.describe('0, and higher with each retry, skip and new application of a held task'),
};

const alias = z.string().optional().describe("The user's own name of the workflow-task; absent: none");

const task = z
  .object({
    task_index: count,
    workflow_task_id: integer.nullable(),
    workflow_task_order: integer,
    task_name: z.string(),
    alias,
    task_type: z.enum(Object.keys(taskTypeTraits)),
    folder: file,
  })
  .meta({ title: 'Task' });

const runOpened = z
  .object({
    ...head,
    event: z.literal('run_opened'),
    workflow_id: z.string(),
    run_uuid: z.string(),
    workflow_dir: z.string(),
    backend: z.string(),
    workflow_name: z.string(),
    first_task_index: count,
    last_task_index: count,
    images: count.describe('Images before the first task'),
    tasks: z.array(task).describe('Tasks of the range, in order'),
  })
  .meta({ title: 'run_opened' });

const taskTakenOver = z
  .object({ ...head, event: z.literal('task_taken_over'), ...ofTask, units: count })
  .meta({ title: 'task_taken_over', description: 'An earlier run has done the task' });

const taskPlanned = z
  .object({
    ...head,
    event: z.literal('task_planned'),
    ...ofTask,
    workflow_task_order: integer,
    task_name: z.string(),
    alias,
    available_images: count.describe('Images that the type filters leave, before attribute filters'),
    units: count.describe('Of the first stage'),
  })
  .meta({ title: 'task_planned' });

const unitsPlanned = z
  .object({
    ...head,
    event: z.literal('units_planned'),
    ...ofTask,
    component,
    units: count,
    batches: count,
    file: file.describe('A line a unit: index, component, zarr_urls, log_file'),
  })
  .meta({ title: 'units_planned' });

const unitEnded = z
  .object({
    ...head,
    event: z.literal('unit_ended'),
    ...ofTask,
    component,
    index: count,
    status: z.enum(['done', 'failed']).describe('How it ended itself'),
    cause: z.enum(unitCauses).nullable(),
    exit_code: integer.nullable(),
    signal: integer.nullable(),
    try: count.nullable().describe('Number of the try that decided it; null: none has'),
    ended: time.nullable().describe('By the clock of its node; null: it has not run'),
    seconds: number,
    log_file: file,
  })
  .meta({ title: 'unit_ended' });

const batchWaiting = z
  .object({
    ...head,
    event: z.literal('batch_waiting'),
    ...ofTask,
    component,
    batch: count,
    try: count,
    job_id: z.string(),
    reason: z.string(),
  })
  .meta({ title: 'batch_waiting' });

const unitsGivenUp = z
  .object({ ...head, event: z.literal('units_given_up'), ...ofTask, component, units: count })
  .meta({ title: 'units_given_up' });

const taskApplied = z
  .object({
    ...head,
    event: z.literal('task_applied'),
    ...ofTask,
    workflow_task_order: integer,
    status: z.enum(['done', 'failed']),
    units_done: count,
    units_failed: count,
    images_file: file.describe('The image list after the task, an image a line'),
    images_sha256: z.string(),
    images: count,
    record: file,
    units_file: file,
  })
  .meta({ title: 'task_applied' });

const held = z
  .object({
    ...head,
    event: z.literal('held'),
    ...ofTask,
    component,
    failed_units: count,
    total_units: count,
    reason: z.string(),
  })
  .meta({ title: 'held' });

const runClosed = z
  .object({
    ...head,
    event: z.literal('run_closed'),
    status: z.enum(['done', 'failed', 'cancelled']),
    error: z.object({ type: z.string(), message: z.string() }).nullable(),
    result_file: file,
  })
  .meta({ title: 'run_closed' });

/** A line of `events.jsonl`. */
export const eventLine = z.discriminatedUnion('event', [
  runOpened,
  taskTakenOver,
  taskPlanned,
  unitsPlanned,
  unitEnded,
  batchWaiting,
  unitsGivenUp,
  taskApplied,
  held,
  runClosed,
]);

/** A line of the file that `units_planned` names. */
export const plannedUnitLine = z.object({
  index: count,
  component,
  zarr_urls: z
    .array(z.string())
    .describe('The one image of a parallel or compute unit, all those of a single or init part'),
  log_file: file,
});
