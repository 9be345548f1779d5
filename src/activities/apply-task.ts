/**
 * `applyTask`: all outcomes of a task become its records and the next image list; then the failure, if any, is
 * handed to the workflow. The partial result of a failed task is kept before anything is raised.
 */
import { join } from 'node:path';
import { parseUnits } from '../batch/units-file.js';
import { applyOutputs, type AppliedOutputs } from '../outcomes/apply-outputs.js';
import { readOutcome } from '../outcomes/outcome-file.js';
import type { OutcomeHeader } from '../outcomes/unit-outcome.js';
import { finalUnits, type FinalUnit, type PlannedUnit } from '../outcomes/task-units.js';
import { readState } from '../state/files.js';
import { taskFolder } from '../tasks/names.js';
import type { AppliedTask, ApplyTaskInput, StageOutcomes } from '../wire/activities.js';
import type { ExecutionFailure } from '../wire/failure.js';
import type { WorkflowTask } from '../wire/request.js';
import { unitFailure } from './batch-failure.js';
import type { ActivityDependencies } from './dependencies.js';
import { jobFailure } from './errors.js';
import { readPlan, type PlanFile } from './plan-file.js';
import { imagesForTask } from './plan-task.js';
import { logEvent } from './run-log.js';
import { publishImages, readImages, readRequest, taskAt } from './stored-request.js';
import { writeTaskRecord } from './task-record.js';

interface StageUnits {
  plan: PlanFile;
  headers: OutcomeHeader[];
  units: FinalUnit[];
}

const plannedUnits = async (plan: PlanFile): Promise<PlannedUnit[]> => {
  const planned: PlannedUnit[] = [];
  for (const { units } of plan.batches) {
    for (const { index, stem, args } of parseUnits((await readState(units)).toString('utf8'))) {
      const url = args['zarr_url'];
      planned[index] = { index, stem, zarr_url: typeof url === 'string' ? url : null };
    }
  }
  return planned;
};

const readStage = async (stage: StageOutcomes, cancelled: boolean): Promise<StageUnits> => {
  const plan = await readPlan(stage.plan);
  const outcomes = [];
  for (const reference of stage.outcomes) outcomes.push(await readOutcome(reference));
  const spoken = new Set(outcomes.flatMap((outcome) => outcome.units.map((unit) => unit.index)));
  const planned = spoken.size === plan.units ? [] : await plannedUnits(plan);
  const unit = (index: number): PlannedUnit => planned[index] ?? { index, stem: '', zarr_url: null };
  return {
    plan,
    headers: outcomes.map((outcome) => outcome.header),
    units: finalUnits(outcomes, plan.units, plan.component, unit, cancelled),
  };
};

const isCompound = (task: WorkflowTask): boolean => task.task_type.includes('compound');

/** The first failure by unit index; a compound's init comes first and counts no units. */
const firstFailure = async (stages: StageUnits[], task: WorkflowTask): Promise<ExecutionFailure | null> => {
  for (const { plan, units } of stages) {
    const failed = units.filter((unit) => unit.status !== 'done');
    const first = failed[0];
    if (first === undefined) continue;
    const header = first.header ?? units.find((unit) => unit.header !== null)?.header ?? emptyHeader;
    const inits = isCompound(task) && plan.component === 'init';
    return unitFailure(plan, header, first, inits ? 0 : failed.length, inits ? 0 : units.length);
  }
  return null;
};

const emptyHeader = {
  key: '',
  try: 1,
  batch: 0,
  jobs: [],
  cause: null,
  message: null,
  script: '',
  stdout_file: null,
  stderr_file: null,
  bad_nodes: [],
  raised: { memory: 0, time: 0 },
};

const cannotApply = (
  task: WorkflowTask,
  problem: string,
  units: FinalUnit[],
  failed: number,
): ExecutionFailure =>
  jobFailure(
    `Task ${String(task.order)} "${task.task.name}": its output cannot be applied: ${problem}. Nothing of it was kept` +
      (failed === 0 ? '' : `; besides, ${String(failed)} of ${String(units.length)} units had failed`),
    {
      workflow_task_id: task.id,
      workflow_task_order: task.order,
      task_name: task.task.name,
      failed_units: units.length,
      total_units: units.length,
    },
  );

interface Verdict {
  failure: ExecutionFailure | null;
  allFailed: boolean;
}

const judge = async (
  input: ApplyTaskInput,
  task: WorkflowTask,
  stages: StageUnits[],
  applied: AppliedOutputs,
): Promise<Verdict> => {
  const units = stages.flatMap((stage) => stage.units);
  const counted = isCompound(task) ? units.filter((unit) => unit.component === 'compute') : units;
  const failed = counted.filter((unit) => unit.status !== 'done').length;
  if (applied.problem !== null)
    return { failure: cannotApply(task, applied.problem, counted, failed), allFailed: true };
  const failure = (await firstFailure(stages, task)) ?? input.failure;
  return { failure, allFailed: isCompound(task) && failure !== null };
};

const latest = (units: FinalUnit[]): number =>
  units.reduce((last, unit) => Math.max(last, (unit.ended_at ?? 0) * 1000), 0);

/** @throws StateCorrupt, StorageFailed for what it reads and writes. */
export const applyTask = async (input: ApplyTaskInput, deps: ActivityDependencies): Promise<AppliedTask> => {
  const request = await readRequest(input.run.request);
  const task = taskAt(request, input.position);
  const all = await readImages(input.images);
  const { images: given, numAvailable } = imagesForTask(all, task, input.type_filters, request);
  const stages: StageUnits[] = [];
  for (const stage of input.stages) stages.push(await readStage(stage, input.cancelled));
  const units = stages.flatMap((stage) => stage.units);

  const applied = applyOutputs(task, request.dataset.zarr_dir, all, given, units);
  const { failure, allFailed } = await judge(input, task, stages, applied);
  const kept = applied.problem === null && units.length > 0;
  const images = await publishImages(input.run, input.position + 1, applied.images);
  const failed = failure !== null || input.cancelled;
  const record = await writeTaskRecord({
    runDir: input.run.dir,
    position: input.position,
    taskDir: join(input.run.dir, taskFolder(task.order, task.task.name)),
    task,
    taskRun: {
      workflow_task_order: task.order,
      task_name: task.task.name,
      status: failed ? 'failed' : 'done',
      num_available_images: numAvailable,
      num_tasks: units.length,
      num_new_images: applied.numNewImages,
      slurm_job_ids: [],
      started: input.started,
      ended: new Date(Math.max(latest(units), Date.parse(input.ended))).toISOString(),
    },
    units,
    headers: stages.flatMap((stage) => stage.headers),
    allFailed,
    given,
    removed: applied.removed,
    isSlurm: deps.backend.name === 'slurm',
  });
  await report(input, task, units, images.count, failure);
  const done = units.filter((unit) => unit.status === 'done' && !allFailed).length;
  return {
    images,
    record,
    type_filters: kept ? { ...input.type_filters, ...task.task.output_types } : input.type_filters,
    status: failed ? 'failed' : 'done',
    failure,
    done,
    failed: units.length - done,
    total: units.length,
  };
};

const report = async (
  input: ApplyTaskInput,
  task: WorkflowTask,
  units: FinalUnit[],
  images: number,
  failure: ExecutionFailure | null,
): Promise<void> => {
  const done = units.filter((unit) => unit.status === 'done').length;
  await logEvent(
    input.run.dir,
    `apply: task ${String(task.order)} "${task.task.name}": ${String(done)} of ${String(units.length)} units done, ${String(images)} images` +
      (failure === null ? '' : `; ${failure.type}: ${failure.message}`),
    failure === null ? 'INFO' : 'ERROR',
  );
};
