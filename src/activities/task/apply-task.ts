/**
 * `applyTask`: all outcomes of a task become its records and the next image list; then the failure, if any, is
 * handed to the workflow. The partial result of a failed task is kept before anything is raised.
 */
import { imagesForTask } from '../../images/for-task.js';
import { applyOutputs, type AppliedOutputs } from '../../outcomes/apply-outputs.js';
import { count, newStageTally, newTally, type StageTally, type TaskTally } from '../../outcomes/tally.js';
import { policyOf } from '../../outcomes/policy.js';
import { judgeTask } from '../../outcomes/judge-task.js';
import type { AppliedTask, ApplyTaskInput } from '../../wire/activities.js';
import type { ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import { taskTypeTraits } from '../../tasks/task-types.js';
import { withLogTail } from '../batch/batch-failure.js';
import type { ActivityDependencies } from '../dependencies.js';
import { readPlan } from '../../state/plan-file.js';

import { logEvent } from '../../state/run-log.js';
import { stageUnits, type StageSource } from './stage-units.js';
import { publishImages, readImages, readRequest, taskAt } from '../../state/stored-request.js';
import { writeTaskRecord } from './task-record.js';

const sourcesOf = (
  input: ApplyTaskInput,
  request: ProcessWorkflowRequest,
  lateFilesMs: number,
): Promise<StageSource[]> =>
  Promise.all(
    input.stages.map(async ({ plan, begun, more_tries }) => ({
      run: input.run,
      plan: await readPlan(plan),
      tries: { begun, more_tries },
      policy: policyOf(request, input.position),
      cancelled: input.cancelled,
      lateUntil: Date.now() + lateFilesMs,
    })),
  );

const tallyOf = async (sources: StageSource[]): Promise<TaskTally> => {
  const tally = newTally();
  for (const source of sources) {
    const stage = newStageTally(tally);
    for await (const { units } of stageUnits(source)) count(tally, stage, units);
  }
  return tally;
};

const isCompound = (task: WorkflowTask): boolean => taskTypeTraits[task.task_type].isCompound;

interface ListChange extends AppliedOutputs {
  /** Urls of the images that the task was given. */
  given: string[];
  numAvailable: number;
  /** Every stage of the task was planned. */
  planned: boolean;
}

/** In a function of its own, so that the old list is gone before the new one is written. */
const changeList = async (
  input: ApplyTaskInput,
  request: ProcessWorkflowRequest,
  task: WorkflowTask,
  tally: TaskTally,
): Promise<ListChange> => {
  const all = await readImages(input.images);
  const { images, numAvailable } = imagesForTask(
    all,
    task,
    taskTypeTraits[task.task_type].isConverter,
    input.type_filters,
    request,
  );
  const applied = applyOutputs(task, request.dataset.zarr_dir, all, images, tally);
  return { ...applied, planned: tally.planned, numAvailable, given: images.map((image) => image.zarr_url) };
};

interface Kept {
  images: AppliedTask['images'];
  /** Everything but the list itself. */
  change: Omit<ListChange, 'images'>;
  stages: StageTally[];
  latestMs: number;
}

/** Makes and publishes the next image list. What the units returned is not needed any more when it is done. */
const keepOutputs = async (
  input: ApplyTaskInput,
  request: ProcessWorkflowRequest,
  task: WorkflowTask,
  sources: StageSource[],
): Promise<Kept> => {
  const tally = await tallyOf(sources);
  tally.planned = sources.length === (isCompound(task) ? 2 : 1);
  const { stages, latestMs } = tally;
  const { images, ...change } = await changeList(input, request, task, tally);
  return { images: await publishImages(input.run, input.position + 1, images), change, stages, latestMs };
};

/** @throws StateCorrupt, StorageFailed for what it reads and writes. */
export const applyTask = async (input: ApplyTaskInput, deps: ActivityDependencies): Promise<AppliedTask> => {
  const request = await readRequest(input.run.request);
  const task = taskAt(request, input.position);
  const sources = await sourcesOf(input, request, deps.backend.lateFilesMs);
  const { images, change, stages, latestMs } = await keepOutputs(input, request, task, sources);
  const verdict = judgeTask(task, sources, stages, change.problem, input.failure);
  const { allFailed } = verdict;
  const failure = verdict.failure === null ? null : await withLogTail(verdict.failure);
  const total = stages.reduce((sum, stage) => sum + stage.total, 0);
  const ended = stages.reduce((sum, stage) => sum + stage.done, 0);
  const kept = change.problem === null && total > 0 && change.planned;
  const status = failure !== null || input.cancelled ? 'failed' : 'done';
  const record = await writeTaskRecord({
    runDir: input.run.dir,
    position: input.position,
    task,
    taskRun: {
      workflow_task_order: task.order,
      task_name: task.task.name,
      status,
      num_available_images: change.numAvailable,
      num_tasks: total,
      num_new_images: change.numNewImages,
      slurm_job_ids: [],
      started: input.started,
      ended: new Date(Math.max(latestMs, Date.parse(input.ended))).toISOString(),
    },
    sources,
    allFailed,
    given: change.given,
    removed: change.removed,
    isSlurm: deps.backend.name === 'slurm',
  });
  await logEvent(
    input.run.dir,
    `apply: task ${task.order} "${task.task.name}": ${ended} of ${total} units done, ${images.count} images` +
      (failure === null ? '' : `; ${failure.type}: ${failure.message}`),
    failure === null ? 'INFO' : 'ERROR',
  );
  const done = allFailed ? 0 : ended;
  return {
    images,
    record,
    type_filters: kept ? { ...input.type_filters, ...task.task.output_types } : input.type_filters,
    status,
    failure,
    done,
    failed: total - done,
    total,
  };
};
