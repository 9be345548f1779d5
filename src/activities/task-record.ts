/** The records of a task run: `task_run.json`, `units.jsonl`, `images_last_unit.jsonl` (docs/files.md). */
import { join } from 'node:path';
import { replaceFile } from '../state/files.js';
import { formatLines } from '../state/json-lines.js';
import { recordPath } from '../state/paths.js';
import type { JobRecord, OutcomeHeader } from '../outcomes/unit-outcome.js';
import type { FinalUnit } from '../outcomes/task-units.js';
import type { FileReference } from '../wire/failure.js';
import type { Image, WorkflowTask } from '../wire/request.js';
import type { SlurmJobRecord, TaskRunRecord, TaskStatus, UnitRecord } from '../wire/result.js';

/** What `closeRun` needs to find a task's records. */
export interface TaskRecordReference {
  task_dir: string;
  task_run: Omit<TaskRunRecord, 'units'>;
  units: FileReference;
}

export interface TaskRecordInput {
  runDir: string;
  position: number;
  taskDir: string;
  task: WorkflowTask;
  taskRun: Omit<TaskRunRecord, 'units'>;
  units: FinalUnit[];
  /** Of every try of every batch, also of those that decided no unit. */
  headers: OutcomeHeader[];
  /** Units of a compound fail together (docs/semantics.md, "Partial failure"). */
  allFailed: boolean;
  given: Image[];
  removed: string[];
  isSlurm: boolean;
}

const unitStatus = (unit: FinalUnit, allFailed: boolean): TaskStatus =>
  allFailed || unit.status !== 'done' ? 'failed' : 'done';

export const unitRecord = (
  unit: FinalUnit,
  taskDir: string,
  allFailed: boolean,
  isSlurm: boolean,
): UnitRecord => ({
  index: unit.index,
  component: unit.component,
  zarr_url: unit.zarr_url,
  status: unitStatus(unit, allFailed),
  cause: unit.cause,
  exit_code: unit.exit_code,
  signal: unit.signal,
  log_file: join(taskDir, `${unit.stem}-log.txt`),
  slurm_job_id: isSlurm ? unit.job_id : null,
  seconds: unit.seconds === null ? null : Math.round(unit.seconds * 1000) / 1000,
});

/** The unit that last touched each image: by its input, then by what it returned; removed images are left out. */
export function* imagesLastUnit(units: FinalUnit[], given: Image[], removed: string[]): Generator<unknown> {
  const last = new Map<string, FinalUnit>();
  for (const unit of units) {
    if (unit.zarr_url === null) for (const image of given) last.set(image.zarr_url, unit);
    else last.set(unit.zarr_url, unit);
    if (unit.output !== null && 'image_list_updates' in unit.output) {
      for (const update of unit.output.image_list_updates) last.set(update.zarr_url, unit);
    }
  }
  for (const url of removed) last.delete(url);
  for (const [zarr_url, unit] of last) {
    yield { zarr_url, unit_index: unit.index, component: unit.component, status: unit.status };
  }
}

const jobs = (headers: OutcomeHeader[]): SlurmJobRecord[] => {
  const found = new Map<string, JobRecord & { batch: number }>();
  for (const header of headers) {
    for (const job of header.jobs) found.set(job.job_id, { ...job, batch: header.batch });
  }
  return [...found.values()].map(({ job_id, job_name, batch, state, usage, requested }) => ({
    job_id,
    job_name,
    batch,
    state,
    elapsed_seconds: usage?.elapsed_seconds ?? null,
    max_rss_bytes: usage?.max_rss_bytes ?? null,
    cpu_seconds: usage?.cpu_seconds ?? null,
    requested,
  }));
};

/** Writes the records of one task; the one among the runner's own files, by which closeRun finds them, comes last. */
export const writeTaskRecord = async (input: TaskRecordInput): Promise<FileReference> => {
  const { taskDir, units, isSlurm } = input;
  const slurmJobs = isSlurm ? jobs(input.headers) : [];
  const taskRun = {
    ...input.taskRun,
    slurm_job_ids: slurmJobs.map((job) => job.job_id),
    ...(isSlurm ? { slurm_jobs: slurmJobs } : {}),
  };
  const unitLines = units.map((unit) => unitRecord(unit, taskDir, input.allFailed, isSlurm));
  const reference = await replaceFile(join(taskDir, 'units.jsonl'), formatLines(unitLines));
  await replaceFile(
    join(taskDir, 'images_last_unit.jsonl'),
    formatLines(imagesLastUnit(units, input.given, input.removed)),
  );
  await replaceFile(join(taskDir, 'task_run.json'), [
    JSON.stringify({ ...taskRun, workflow_task: input.task }, null, 2),
    '\n',
  ]);
  const record: TaskRecordReference = { task_dir: taskDir, task_run: taskRun, units: reference };
  return replaceFile(recordPath(input.runDir, input.position), [JSON.stringify(record), '\n']);
};
