/** What `list`, `status`, `logs` and `check` print with `--json`, field by field; the types are those of src/report. */
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
  alias: z.string().optional().describe("The user's own name of the workflow-task; absent: none"),
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
  status: text.describe(
    'Where a run stands, as it told its server last: held, paused, ...; null where the server does not know',
  ),
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
  units_with_warnings: count.optional().describe('Units whose logs hold lines with "warning"; absent: none'),
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

/** Of `units`. */
export const unitTable = z.array(
  z.object({
    unit: z.string().describe('How `logs` calls it'),
    task: integer.describe("The task's order"),
    index: integer.nullable().describe('null: not known while the unit runs'),
    component: z.enum(['non_parallel', 'parallel', 'init', 'compute']).nullable(),
    zarr_url: text,
    state: z.enum(['done', 'failed', 'running']),
    cause: z.enum(unitCauses).nullable(),
    exit_code: integer.nullable(),
    signal: integer.nullable(),
    tries: count.nullable(),
    job: text.describe('SLURM job, or what the backend calls it'),
    node: text,
    seconds: z.number().nullable(),
    log: z.string(),
  }),
);

const finding = z.object({
  status: z.enum(['ok', 'warning', 'problem']),
  what: z.string(),
  remedy: text,
});

/** Of `doctor`. */
export const findings = z.object({
  version: z.string().describe('Of this program'),
  problems: count,
  findings: z.array(finding),
});

const counted = count.nullable().describe('null: unknown until the run has come so far');

const checkedStage = z.object({
  component: z.enum(['non_parallel', 'parallel', 'init', 'compute']),
  units: counted,
  units_per_batch: counted,
  lanes: counted.describe('Units at once within a batch; null: unknown'),
  batches: counted.describe('On SLURM each is a job; null: unknown'),
  exclusive: z
    .object({
      attributes: z.array(z.string()),
      missing: z.array(z.string()).describe('Of the attributes, those that no image has'),
      groups: counted.describe('At most so many units run at once; null: unknown'),
    })
    .nullable()
    .describe('Units whose images agree in all of these attributes do not run at once; null: all may'),
  resources: z.looseObject({}).describe("What the backend gives, in its own words; the cluster's may grow"),
  sbatch_lines: z.array(z.string()).describe('Of the first batch'),
  script: text.describe(
    'Of the first batch; 0000000000000000 stands for the id that the run will draw, FOLDER-OF-THE-LOCAL-WORKER for what only the worker knows',
  ),
  scheduler_says: text.describe(
    'What `sbatch --test-only` says of the script; null where it cannot be asked',
  ),
});

const filterStep = z.object({
  filter: z.enum(['type', 'attribute']),
  key: z.string(),
  wanted: z.union([z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))]),
  left: count.describe('Images that this filter and those before it leave'),
  there: z
    .array(z.string())
    .optional()
    .describe(
      'Where it is this one that leaves none: the names of types or attributes that the images before it have',
    ),
});

const checkedTask = z.object({
  position: count,
  order: integer,
  name: z.string(),
  alias: z.string().optional().describe("The user's own name of the workflow-task; absent: none"),
  type: z.string(),
  type_filters: z
    .record(z.string(), z.boolean())
    .describe('Those that hold when the tasks before it are done'),
  images: z.array(z.string()).nullable().describe('Urls of the images that it is given; null: unknown'),
  filters: z.array(filterStep).nullable(),
  unknown: text.describe('Why something is unknown'),
  problem: text.describe('Why the task would fail before anything of it runs'),
  stages: z.array(checkedStage),
});

/** Of `check`. */
export const checkedRun = z.object({
  workflow_id: z.string(),
  workflow: z.string(),
  workflow_dir: z.string(),
  backend: z.string(),
  images: count.describe('Images of the dataset'),
  warnings: z.array(z.string()).describe('What of the request is ignored and looks misspelt'),
  tasks: z.array(checkedTask),
});
