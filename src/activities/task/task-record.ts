/** The records of a task run: `task_run.json`, `units.jsonl`, `images_last_unit.jsonl` (docs/files.md). */
import { join } from 'node:path';
import pLimit from 'p-limit';
import { copyFileTo, replaceFile } from '../../state/files.js';
import { countWarnings } from '../../state/log-warnings.js';
import { formatLines } from '../../state/json-lines.js';
import { recordPath, unitRecordsPath } from '../../state/paths.js';
import { usesNonParallelPart } from '../../tasks/task-types.js';
import { taskFolder } from '../../tasks/names.js';
import type { JobRecord, OutcomeHeader } from '../../outcomes/unit-outcome.js';
import { unitTries } from '../../outcomes/unit-tries.js';
import type { FinalUnit } from '../../outcomes/task-units.js';
import type { ImagesReference } from '../../wire/stages.js';
import type { FileReference } from '../../wire/failure.js';
import type { WorkflowTask } from '../../wire/request.js';
import type { SlurmJobRecord, TaskRunRecord, TaskStatus, UnitRecord } from '../../wire/result.js';
import { forPeople } from './for-people.js';
import { LOGS_AT_ONCE } from '../tunables.js';
import { layeredUnits } from './layers.js';
import type { StageRounds } from './stages.js';

/** What `closeRun` needs to find a task's records. */
export interface TaskRecordReference {
  task_dir: string;
  task_run: Omit<TaskRunRecord, 'units'>;
  units: FileReference;
  /** The list after the task. Absent from what releases before 0.3 have written. */
  images?: ImagesReference;
}

export interface TaskRecordInput {
  runDir: string;
  position: number;
  task: WorkflowTask;
  taskRun: Omit<TaskRunRecord, 'units'>;
  /** Where the units are read from: one batch after the other. */
  stages: StageRounds[];
  /** Of the files. */
  generation: number;
  /** Units of a compound fail together (docs/semantics.md, "Partial failure"). */
  allFailed: boolean;
  /** Urls of the images that the task was given. */
  given: string[];
  removed: string[];
  /** The list after the task. */
  images: ImagesReference;
  isSlurm: boolean;
}

const unitStatus = (unit: FinalUnit, allFailed: boolean): TaskStatus =>
  allFailed || unit.status !== 'done' ? 'failed' : 'done';

/** @param given images that the task was given: those of its single or init part. */
export const unitRecord = (
  unit: FinalUnit,
  { taskDir, allFailed, isSlurm }: { taskDir: string; allFailed: boolean; isSlurm: boolean },
  given: string[],
): UnitRecord => ({
  ...unit.taken?.record,
  index: unit.index,
  component: unit.component,
  zarr_url: unit.zarr_url,
  ...(usesNonParallelPart(unit.component) ? { zarr_urls: unit.taken?.given ?? given } : {}),
  status: unitStatus(unit, allFailed),
  cause: unit.cause,
  exit_code: unit.exit_code,
  signal: unit.signal,
  log_file: unit.taken?.record.log_file ?? join(taskDir, `${unit.stem}-log.txt`),
  slurm_job_id: isSlurm || unit.taken !== undefined ? unit.job_id : null,
  seconds: unit.seconds === null ? null : Math.round(unit.seconds * 1000) / 1000,
  ...(unit.taken === undefined ? { tries: unitTries(unit, join(taskDir, `${unit.stem}-log`)) } : {}),
});

/** So many logs are open at once. */
const reading = pLimit(LOGS_AT_ONCE);

/** As its log stands now; what an earlier run has recorded of it stands. */
const withWarnings = async (record: UnitRecord): Promise<UnitRecord> => {
  const warnings = await reading(() => countWarnings(record.log_file));
  return warnings === 0 ? record : { ...record, warnings };
};

interface LastUnits {
  add(unit: FinalUnit): void;
  /** One a touched image; removed images are left out. */
  lines(removed: string[]): Generator<string>;
}

/** The unit that last touched each image: by its input, then by what it returned. */
export const lastUnits = (given: string[]): LastUnits => {
  // What a part that was taken over has worked on is none of the images of the one that runs now.
  const taken = new Set<string>();
  const last = new Map<string, Pick<UnitRecord, 'component' | 'status'> & { unit_index: number }>();
  return {
    add: ({ index, component, status, zarr_url: url, output, taken: by }) => {
      const touch = { unit_index: index, component, status: status === 'done' ? 'done' : 'failed' } as const;
      const worked = url !== null ? [url] : (by?.given ?? given.filter((image) => !taken.has(image)));
      for (const image of by?.given ?? []) taken.add(image);
      for (const image of worked) last.set(image, touch);
      if (output === null || !('image_list_updates' in output)) return;
      for (const update of output.image_list_updates) last.set(update.zarr_url, touch);
    },
    lines: function* (removed) {
      for (const url of removed) last.delete(url);
      for (const [zarr_url, touch] of last) yield `${JSON.stringify({ zarr_url, ...touch })}\n`;
    },
  };
};

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
  const { task, stages, allFailed, isSlurm, generation } = input;
  const taskDir = join(input.runDir, taskFolder(task.order, task.task.name));
  const of = { taskDir, allFailed, isSlurm };
  const last = lastUnits(input.given);
  const headers: OutcomeHeader[] = [];
  let warned = 0;
  const unitLines = async function* (): AsyncGenerator<string> {
    for (const { sources } of stages) {
      for await (const batch of layeredUnits(sources)) {
        headers.push(...batch.headers);
        for (const unit of batch.units) last.add(unit);
        const records = await Promise.all(
          batch.units.map((unit) => withWarnings(unitRecord(unit, of, input.given))),
        );
        warned += records.filter(({ warnings = 0 }) => warnings > 0).length;
        yield [...formatLines(records)].join('');
      }
    }
  };
  const reference = await replaceFile(
    unitRecordsPath(input.runDir, input.position, generation),
    unitLines(),
    true,
  );
  await forPeople(taskDir, async () => {
    await copyFileTo(reference.path, join(taskDir, 'units.jsonl'));
    await replaceFile(join(taskDir, 'images_last_unit.jsonl'), last.lines(input.removed));
  });
  const slurmJobs = isSlurm ? jobs(headers) : [];
  const taskRun = {
    ...input.taskRun,
    slurm_job_ids: slurmJobs.map((job) => job.job_id),
    ...(warned > 0 && { units_with_warnings: warned }),
    ...(isSlurm ? { slurm_jobs: slurmJobs } : {}),
  };
  const text = [JSON.stringify({ ...taskRun, workflow_task: task }, null, 2), '\n'];
  await forPeople(taskDir, () => replaceFile(join(taskDir, 'task_run.json'), text));
  const record: TaskRecordReference = {
    ...{ task_dir: taskDir, task_run: taskRun, units: reference, images: input.images },
  };
  return replaceFile(
    recordPath(input.runDir, input.position, generation),
    [JSON.stringify(record), '\n'],
    true,
  );
};
