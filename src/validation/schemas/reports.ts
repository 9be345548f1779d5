/** What `list`, `status` and `logs` print with `--json`, field by field; the types are those of src/report. */
import { z } from 'zod';
import { unitCauses } from '../../wire/result.js';
import { result, unitRecord } from './result.js';
import { count, integer } from './scalars.js';

const text = z.string().nullable();
const time = z.iso.datetime({ offset: true });

const run = z.object({
  workflow_id: z.string(),
  run_id: z.string(),
  workflow: text.describe("The workflow's name; null where the server must not know it"),
  dataset: text.describe("The dataset's name, else its id"),
  backend: text,
  job_id: integer.nullable(),
  state: z
    .string()
    .describe("Temporal's word, lower case: running, completed, failed, cancelled, terminated, ..."),
  status: text.describe(
    'Where a run stands by its own word: held, paused, ...; null where the server does not know',
  ),
  started: time,
  closed: time.nullable(),
  seconds: z.number().describe('From start to end, until now for a run that goes on'),
});

/** Of `list`, and of `status` without an id. */
export const runList = z.array(run);

const task = z.object({
  position: count,
  order: integer,
  name: z.string(),
  status: z.string().describe('waiting, planning, running, applying, done, failed'),
  units_done: count,
  units_failed: count,
  units_total: count.nullable().describe('null until the task is planned'),
  batches_ended: count,
  batches_total: count.nullable(),
});

const pending = z.object({
  type: z.string(),
  attempt: count,
  lastFailure: text,
  batch: z.looseObject({ key: z.string(), position: count, batch: count, state: z.string() }).nullable(),
});

export const runReport = z.object({
  workflow_id: z.string(),
  run_id: text,
  state: text.describe("Temporal's word, lower case; null when no server was asked"),
  started: time.nullable(),
  closed: time.nullable(),
  workflow_dir: text,
  progress: z
    .looseObject({
      status: z.string(),
      workflow_name: text,
      workflow_dir: text,
      backend: text,
      tasks: z.array(z.looseObject(task.shape)),
      warnings: z.array(z.string()),
    })
    .nullable(),
  pending: z.array(z.looseObject(pending.shape)),
  no_worker: z.array(z.string()).describe("A line for each of the run's queues that no worker polls"),
  note: text,
  failed_units: z.array(
    z.looseObject({ ...unitRecord.shape, label: z.string().describe('How `logs` calls it'), log_tail: text }),
  ),
  result: z
    .looseObject(result.omit({ images: true, task_runs: true }).shape)
    .nullable()
    .describe('result.json without images and units'),
});

export const unitList = z.array(
  z.object({
    label: z.string().describe('How `logs` calls it'),
    order: integer,
    status: z.enum(['running', 'submitted', 'done', 'failed']),
    cause: z.enum(unitCauses).nullable(),
    exit_code: integer.nullable(),
    log_file: z.string(),
  }),
);
