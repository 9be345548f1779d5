/**
 * `applyTask`: all outcomes of a task become its records and the next image list; then the failure, if any, is
 * handed to the workflow. The partial result of a failed task is kept before anything is raised.
 */
import { join } from 'node:path';
import { imagesForTask } from '../../images/for-task.js';
import { applyOutputs, type AppliedOutputs } from '../../outcomes/apply-outputs.js';
import { count, newStageTally, newTally, type StageTally, type TaskTally } from '../../outcomes/tally.js';
import { onFailureOf } from '../../outcomes/policy.js';
import { policyOf } from '../../outcomes/policy.js';
import { judgeTask } from '../../outcomes/judge-task.js';
import type { AppliedTask, ApplyTaskInput } from '../../wire/activities.js';
import type { HeldUnits } from '../../wire/held.js';
import type { ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import { taskTypeTraits } from '../../tasks/task-types.js';
import { taskFolder } from '../../tasks/names.js';
import { withLogTail } from '../batch/batch-failure.js';
import type { StepDependencies } from '../dependencies.js';
import { tellApplied } from '../events/applied.js';
import { publishLeftOut, readLeftOut, withoutLeftOut } from '../../state/left-out.js';
import { countRepeats, type RepeatCounts } from '../../outcomes/repeat-counts.js';
import { logEvent } from '../../state/run-log.js';
import { countHeld, readGivenUp, type HeldCount } from './held-units.js';
import { layeredUnits } from './layers.js';
import { stagesOf, type StageRounds } from './stages.js';
import { readTakenUnits } from '../../state/continued-file.js';
import { keptUnits, withTakenImages } from '../../tasks/taken-units.js';
import { publishImages, readImages, readRequest, taskAt } from '../../state/stored-request.js';
import { writeTaskRecord } from './task-record.js';
import { aliasOf, titleInWorkflow } from '../../wire/task-title.js';

interface Counted {
  tally: TaskTally;
  held: HeldUnits | null;
  /** Urls of failed units; null where one of a single or init part has failed, which stands for all images. */
  failedUrls: Set<string> | null;
  /** What ran again, and after what. */
  repeats: RepeatCounts;
}

/** Counts every unit, and of the open stage those that nobody has given up. */
const countUnits = async (stages: StageRounds[], givenUp: ReadonlySet<number>): Promise<Counted> => {
  const tally = newTally();
  const repeats = countRepeats();
  let failedUrls: Counted['failedUrls'] = new Set();
  let held: HeldCount | null = null;
  for (const { stage, sources } of stages) {
    const ofStage = newStageTally(tally);
    held = countHeld(stage, givenUp);
    for await (const { units } of layeredUnits(sources)) {
      count(tally, ofStage, units);
      held.add(units);
      repeats.add(units);
      for (const { status, component, zarr_url: url } of units) {
        if (status === 'done') continue;
        if (component === 'init' || component === 'non_parallel' || url === null) failedUrls = null;
        else failedUrls?.add(url);
      }
    }
  }
  return { tally, held: held?.counted() ?? null, failedUrls, repeats };
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
    withoutLeftOut(all, await readLeftOut(input.left_out)),
    task,
    taskTypeTraits[task.task_type].isConverter,
    input.type_filters,
    request,
  );
  const taken = await readTakenUnits(input.run, input.position);
  const given = withTakenImages(all, images, keptUnits(taken, policyOf(request, input.position)));
  const applied = applyOutputs(task, request.dataset.zarr_dir, all, given, tally);
  return { ...applied, planned: tally.planned, numAvailable, given: given.map((image) => image.zarr_url) };
};

interface Kept {
  images: AppliedTask['images'];
  /** Everything but the list itself. */
  change: Omit<ListChange, 'images'>;
  stages: StageTally[];
  held: HeldUnits | null;
  failedUrls: Counted['failedUrls'];
  repeats: RepeatCounts;
  latestMs: number;
}

/**
 * Makes and publishes the next image list: always from the one before the task, so that what was retried comes out as in
 * a run that never failed. What the units returned is not needed any more when it is done.
 */
const keepOutputs = async (
  input: ApplyTaskInput,
  request: ProcessWorkflowRequest,
  task: WorkflowTask,
  rounds: StageRounds[],
  givenUp: ReadonlySet<number>,
): Promise<Kept> => {
  const { tally, held, failedUrls, repeats } = await countUnits(rounds, givenUp);
  tally.planned = rounds.length === (isCompound(task) ? 2 : 1);
  const { stages, latestMs } = tally;
  const { images, ...change } = await changeList(input, request, task, tally);
  const published = await publishImages(input.run, input.position + 1, images, input.generation);
  return { images: published, change, stages, held, failedUrls, repeats, latestMs };
};

/** Whether the run waits for its operator, or goes on although units have failed. */
const afterwards = (
  { change, held, failedUrls }: Kept,
  input: ApplyTaskInput,
  request: ProcessWorkflowRequest,
  givenUp: ReadonlySet<number>,
): Pick<AppliedTask, 'hold' | 'goes_on'> => {
  if (input.cancelled || change.problem !== null || held === null) return {};
  if (held.open === 0) return givenUp.size > 0 ? { goes_on: true } : {};
  const then = onFailureOf(request, input.position);
  if (then === 'wait') return { hold: held };
  // A failure outside the units leaves some of them without a word.
  return then === 'continue' && failedUrls !== null && input.failure === null ? { goes_on: true } : {};
};

/** With those that were left out before; nothing where what has failed is no unit of an image. */
const leaveOut = async (
  { failedUrls }: Kept,
  { goes_on: goesOn }: Pick<AppliedTask, 'goes_on'>,
  input: ApplyTaskInput,
): Promise<Pick<AppliedTask, 'left_out'>> => {
  if (goesOn !== true || failedUrls === null) return {};
  const urls = new Set([...(await readLeftOut(input.left_out)), ...failedUrls]);
  return { left_out: await publishLeftOut(input.run, input.position + 1, urls, input.generation) };
};

/** @throws StateCorrupt, StorageFailed for what it reads and writes. */
export const applyTask = async (input: ApplyTaskInput, deps: StepDependencies): Promise<AppliedTask> => {
  const request = await readRequest(input.run.request);
  const task = taskAt(request, input.position);
  const rounds = await stagesOf(input, request, deps.backend.lateFilesMs, input.cancelled);
  const givenUp = await readGivenUp(input.given_up ?? null);
  const outputs = await keepOutputs(input, request, task, rounds, givenUp);
  const { images, change, stages, latestMs } = outputs;
  const judged = rounds.map(({ sources }) => sources[0]);
  const verdict = judgeTask(task, judged, stages, change.problem, input.failure);
  const { allFailed } = verdict;
  const failure = verdict.failure === null ? null : await withLogTail(verdict.failure);
  const total = stages.reduce((sum, stage) => sum + stage.total, 0);
  const ended = stages.reduce((sum, stage) => sum + stage.done, 0);
  const kept = change.problem === null && total > 0 && change.planned;
  const status = failure !== null || input.cancelled ? 'failed' : 'done';
  const next = afterwards(outputs, input, request, givenUp);
  const leftOut = await leaveOut(outputs, next, input);
  const record = await writeTaskRecord({
    runDir: input.run.dir,
    position: input.position,
    task,
    taskRun: {
      workflow_task_order: task.order,
      task_name: task.task.name,
      ...aliasOf(task),
      status,
      num_available_images: change.numAvailable,
      num_tasks: total,
      num_new_images: change.numNewImages,
      slurm_job_ids: [],
      started: input.started,
      ended: new Date(Math.max(latestMs, Date.parse(input.ended))).toISOString(),
    },
    stages: rounds,
    generation: input.generation ?? 0,
    allFailed,
    given: change.given,
    removed: change.removed,
    images,
    isSlurm: deps.backend.name === 'slurm',
  });
  await logEvent(
    input.run.dir,
    `apply: task ${task.order} "${titleInWorkflow(task)}": ${ended} of ${total} units done, ${images.count} images` +
      (failure === null ? '' : `; ${failure.type}: ${failure.message}`) +
      (next.hold === undefined ? '' : `; held: ${next.hold.open} units wait for the operator`) +
      (leftOut.left_out === undefined ? '' : '; the run goes on without the images of the failed units'),
    failure === null ? 'INFO' : 'ERROR',
  );
  for (const words of outputs.repeats.lines())
    await logEvent(input.run.dir, `apply: task ${task.order} "${titleInWorkflow(task)}": ${words}`);
  const done = allFailed ? 0 : ended;
  const applied: AppliedTask = {
    images,
    record,
    type_filters: kept ? { ...input.type_filters, ...task.task.output_types } : input.type_filters,
    status,
    failure,
    done,
    failed: total - done,
    total,
    ...next,
    ...leftOut,
  };
  await tellApplied(deps.events(input.run.dir), {
    ...{ run: input.run, position: input.position, order: task.order, generation: input.generation ?? 0 },
    taskDir: join(input.run.dir, taskFolder(task.order, task.task.name)),
    rounds,
    result: applied,
  });
  return applied;
};
