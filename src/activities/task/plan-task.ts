/** `planTask`: filters the images, makes the units of one stage, cuts them into batches, writes it all down. */
import type { ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import { join } from 'node:path';
import { LayoutError } from '../../batch/contract.js';
import { formatUnit } from '../../batch/units-file.js';
import { imagesForTask } from '../../images/for-task.js';
import { policyOf } from '../../outcomes/policy.js';
import { planPath } from '../../state/paths.js';
import { computeUnits, dedupeParallelizationList, type UnitArguments } from '../../tasks/arguments.js';
import { splitCommand } from '../../tasks/command.js';
import { stem, taskFolder } from '../../tasks/names.js';
import { cutIntoBatches, firstUnits, keptUnits, takenFinder } from '../../tasks/taken-units.js';
import { taskTypeTraits, usesNonParallelPart } from '../../tasks/task-types.js';
import type { PlanTaskInput, TaskPlan } from '../../wire/activities.js';

import type { Component } from '../../wire/result.js';
import type { InitOutput } from '../../wire/task-output.js';
import type { ActivityDependencies } from '../dependencies.js';
import { jobFailure } from '../../wire/failure.js';
import { refuseAfterEnd } from '../after-end.js';
import { ExecutionFailed } from '../errors.js';
import { layoutInput } from '../../tasks/layout-input.js';
import { earlierTries, keyOf, publishUnits } from '../batch/batch-of.js';
import {
  adoptPlan,
  readPlanIfThere,
  type AdoptedPlan,
  type PlanFile,
  type PlannedBatch,
} from '../../state/plan-file.js';
import { readLeftOut, withoutLeftOut } from '../../state/left-out.js';
import { logEvent } from '../../state/run-log.js';
import { readImages, readRequest, taskAt } from '../../state/stored-request.js';
import { readTakenUnits, type TakenUnit } from '../../state/continued-file.js';
import { publishTakenEvidence } from './taken-evidence.js';
import { MAX_BATCHES_PER_STAGE } from '../tunables.js';

const isConverter = (task: WorkflowTask): boolean => taskTypeTraits[task.task_type].isConverter;

/** The list of the init that ended with 0; an init that ran in several tries ended so in one of them. */
const parallelizationList = async (
  input: PlanTaskInput,
  request: ProcessWorkflowRequest,
): Promise<InitOutput['parallelization_list']> => {
  const { run, position } = input;
  const which = { run, position, stage: 'first', batch: 0, try: input.init_tries + 1 } as const;
  const { units } = await earlierTries(which, policyOf(request, position), input.init_first_try);
  // More than one where an init of an earlier run is taken over and further images have come to it.
  const inits = [...units.values()].filter(({ status }) => status === 'done');
  if (inits.length === 0) throw new RangeError(`the init of task ${position} is not done`);
  const lists = inits
    .sort((left, right) => left.index - right.index)
    .map(({ output }) =>
      output !== null && 'parallelization_list' in output ? output.parallelization_list : [],
    );
  return dedupeParallelizationList(lists.flat());
};

const unitsOf = async (
  input: PlanTaskInput,
  task: WorkflowTask,
  request: ProcessWorkflowRequest,
  taken: readonly TakenUnit[],
): Promise<UnitArguments[]> => {
  if (input.stage === 'compute') return computeUnits(task, await parallelizationList(input, request));
  const all = withoutLeftOut(await readImages(input.images), await readLeftOut(input.left_out));
  const { images } = imagesForTask(all, task, isConverter(task), input.type_filters, request);
  if (images.length === 0 && !isConverter(task)) {
    throw new ExecutionFailed(
      jobFailure(
        `Task ${task.order} "${task.task.name}": empty image list, no image of the dataset passes its type filters and the job's attribute filters`,
        {
          workflow_task_id: task.id,
          workflow_task_order: task.order,
          task_name: task.task.name,
          failed_units: 0,
          total_units: 0,
        },
      ),
    );
  }
  return firstUnits(task, all, images, request.dataset.zarr_dir, taken);
};

const componentOf = (input: PlanTaskInput, task: WorkflowTask): Component => {
  if (input.stage === 'compute') return 'compute';
  return taskTypeTraits[task.task_type].firstStage;
};

function* unitLines(units: UnitArguments[], batch: number): Generator<string> {
  for (const unit of units) {
    yield `${formatUnit({ index: unit.index, stem: stem(unit.component, batch, unit.index), args: unit.args })}\n`;
  }
}

/** Batches of one task; more are no plan but a mistake in its resources (docs/architecture.md, "Time-outs and numbers"). */
const checkBatches = (task: WorkflowTask, units: number, unitsPerBatch: number): void => {
  const batches = Math.ceil(units / unitsPerBatch);
  if (batches <= MAX_BATCHES_PER_STAGE) return;
  throw new ExecutionFailed(
    jobFailure(
      `Task ${task.order} "${task.task.name}": ${units} units, ${unitsPerBatch} in a batch, make ${batches} batches; at most ${MAX_BATCHES_PER_STAGE} are possible: put more units into one (tasks_per_job, or the configuration's target_num_jobs and max_num_jobs)`,
      {
        ...{ workflow_task_id: task.id, workflow_task_order: task.order, task_name: task.task.name },
        ...{ failed_units: 0, total_units: units },
      },
    ),
  );
};

const layOut = (
  deps: ActivityDependencies,
  request: ProcessWorkflowRequest,
  component: Component,
  units: number,
  task: WorkflowTask,
): PlanFile['layout'] => {
  try {
    return deps.backend.layout(layoutInput(request, task, component, units));
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    throw new ExecutionFailed(
      jobFailure(`Task ${task.order} "${task.task.name}": ${error.message}`, {
        workflow_task_id: task.id,
        workflow_task_order: task.order,
        task_name: task.task.name,
        component,
        failed_units: 0,
        total_units: units,
      }),
    );
  }
};

const makePlan = async (
  input: PlanTaskInput,
  request: ProcessWorkflowRequest,
  taken: readonly TakenUnit[],
  deps: ActivityDependencies,
): Promise<PlanFile> => {
  const task = taskAt(request, input.position);
  const units = await unitsOf(input, task, request, taken);
  const component = componentOf(input, task);
  const find = takenFinder(taken, component);
  const isTaken = (unit: UnitArguments): boolean => find(unit) !== undefined;
  const toRun = taken.length === 0 ? units.length : units.filter((unit) => !isTaken(unit)).length;
  const command = usesNonParallelPart(component)
    ? task.task.command_non_parallel
    : task.task.command_parallel;
  const layout = layOut(deps, request, component, toRun, task);
  checkBatches(task, toRun, layout.unitsPerBatch);

  const batches: PlannedBatch[] = [];
  for (const part of cutIntoBatches(units, isTaken, layout.unitsPerBatch)) {
    const key = keyOf({ ...input, batch: batches.length, try: 1 });
    const reference = await publishUnits(input.run.dir, key, unitLines(part, batches.length));
    batches.push({ units: reference, count: part.length, ...(part.some(isTaken) && { taken: true }) });
  }
  return {
    position: input.position,
    stage: input.stage,
    component,
    workflow_task_id: task.id,
    order: task.order,
    task_name: task.task.name,
    task_dir: join(input.run.dir, taskFolder(task.order, task.task.name)),
    command: splitCommand(command ?? ''),
    layout,
    ceilings: (await deps.backend.ceilings?.(layout.resources)) ?? {},
    units: units.length,
    batches,
  };
};

export const summaryOf = ({ plan, reference }: AdoptedPlan): TaskPlan => ({
  plan: reference,
  component: plan.component,
  task_dir: plan.task_dir,
  units: plan.units,
  units_per_batch: plan.layout.unitsPerBatch,
  batches: plan.batches.length,
});

/**
 * A plan that is there already is gone on with, whatever this worker's configuration would have made of it.
 *
 * @throws ExecutionFailed (JobExecutionError) when no image is left or the units cannot be laid out.
 */
export const planTask = async (input: PlanTaskInput, deps: ActivityDependencies): Promise<TaskPlan> => {
  const path = planPath(input.run.dir, input.position, input.stage);
  const there = await readPlanIfThere(path);
  if (there !== null && input.run.continued === undefined) return summaryOf(there);
  if (there === null) await refuseAfterEnd(input.run);
  const request = await readRequest(input.run.request);
  const taken = keptUnits(await readTakenUnits(input.run, input.position), policyOf(request, input.position));
  const adopted = there ?? (await adoptPlan(path, await makePlan(input, request, taken, deps)));
  await publishTakenEvidence(input, adopted.plan, taken, deps.backend.name);
  if (there !== null) return summaryOf(there);
  const { order, task_name: name, component, units, batches } = adopted.plan;
  await logEvent(
    input.run.dir,
    `plan: task ${order} "${name}" (${component}): ${units} units in ${batches.length} batches`,
  );
  return summaryOf(adopted);
};
