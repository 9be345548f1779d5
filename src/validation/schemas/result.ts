/** The result of a run, field by field (docs/result.md); the types are those of src/wire/result.ts. */
import { z } from 'zod';
import { unitCauses } from '../../wire/result.js';
import { image } from './images.js';
import { count, integer, jsonObject } from './scalars.js';

const text = z.string().nullable();
const number = z.number().nullable();
const integerOrNull = integer.nullable();
const component = z.enum(['non_parallel', 'parallel', 'init', 'compute']);
const taskStatus = z.enum(['submitted', 'done', 'failed']);

const unitTry = z
  .object({
    n: count.describe('Number of the try, from 1'),
    cause: z.enum(unitCauses).nullable(),
    exit_code: integerOrNull,
    signal: integerOrNull,
    asked: jsonObject.describe('What its job asked for a unit'),
    used: z.object({ seconds: number, max_rss_bytes: number, cpu_seconds: number }),
    node: text,
    job: text,
    log_file: text.describe('null: this try did not begin it'),
  })
  .meta({ title: 'Try of a unit' });

export const unitRecord = z
  .object({
    index: count.describe('In its task and component, from 0'),
    component,
    zarr_url: text.describe('The image that the unit worked on; null for a single or init part'),
    zarr_urls: z
      .array(z.string())
      .optional()
      .describe('Images that a single or init part was given; other units have none'),
    status: taskStatus,
    cause: z.enum(unitCauses).nullable().describe('Why the unit is not done; null for one that is'),
    exit_code: integerOrNull,
    signal: integerOrNull,
    log_file: z.string(),
    slurm_job_id: text,
    seconds: number.describe("Wall time of the unit's process"),
    tries: z.array(unitTry).optional().describe('Every try that was to run it'),
    warnings: count.optional().describe('Lines of its log that hold "warning"; absent: none'),
  })
  .meta({ title: 'Unit' });

const slurmJob = z
  .object({
    job_id: z.string(),
    job_name: z.string(),
    batch: count,
    state: text,
    elapsed_seconds: number,
    max_rss_bytes: number,
    cpu_seconds: number,
    requested: jsonObject.describe('What was asked for: partition, cpus, memory, time, ...'),
  })
  .meta({ title: 'SLURM job' });

const taskRun = z
  .object({
    workflow_task_order: integer,
    task_name: z.string(),
    alias: z.string().optional().describe("The user's own name of the workflow-task; absent: none"),
    status: taskStatus,
    num_available_images: count.describe('Images that the type filters leave, before attribute filters'),
    num_tasks: count.describe('Units: 1, the number of images, or 1 + the length of the list of an init'),
    num_new_images: count,
    slurm_job_ids: z.array(z.string()),
    slurm_jobs: z.array(slurmJob).optional(),
    units_with_warnings: count
      .optional()
      .describe('Units whose logs hold lines with "warning"; absent: none'),
    started: z.iso.datetime({ offset: true }),
    ended: z.iso.datetime({ offset: true }).nullable(),
    units: z.array(unitRecord),
  })
  .meta({ title: 'Task run' });

const failureDetails = z
  .object({
    workflow_task_id: integerOrNull,
    workflow_task_order: integerOrNull,
    task_name: text,
    unit_index: integerOrNull,
    component: component.nullable(),
    exit_code: integerOrNull,
    signal: integerOrNull,
    log_tail: text,
    log_file: text,
    cmd_file: text,
    stdout_file: text,
    stderr_file: text,
    slurm_job_id: text,
    slurm_state: text,
    failed_units: integerOrNull,
    total_units: integerOrNull,
    info: text,
    result: z
      .object({ path: z.string(), sha256: z.string(), images: integer, units: integer })
      .nullable()
      .describe('Where the whole result lies'),
  })
  .meta({ title: 'Failure details' });

export const result = z.object({
  status: z.enum(['done', 'failed', 'cancelled']),
  error: z.object({ type: z.string(), message: z.string(), details: failureDetails.nullable() }).nullable(),
  images: z.array(image.required()).describe('The image list after the last task that was applied'),
  type_filters: z.record(z.string(), z.boolean()).describe('The filters carried after the last task'),
  task_runs: z.array(taskRun),
  workflow_id: z.string(),
  run_id: z.string(),
  workflow_dir: z.string(),
});
