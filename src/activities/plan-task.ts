/** `planTask`: filters the images, makes the units of one stage, cuts them into batches, writes it all down. */
import { join } from 'node:path';
import { LayoutError } from '../executors/contract.js';
import { formatUnit } from '../batch/units-file.js';
import { effectiveTypeFilters, filterImages, mergeTaskTypeFilters } from '../images/filters.js';
import { readOutcome } from '../outcomes/outcome-file.js';
import { publishState } from '../state/files.js';
import { batchKey, planPath, unitsPath } from '../state/paths.js';
import {
  computeUnits,
  dedupeParallelizationList,
  firstStageUnits,
  type UnitArguments,
} from '../tasks/arguments.js';
import { splitCommand } from '../tasks/command.js';
import { stem, taskFolder } from '../tasks/names.js';
import type { PlanTaskInput, TaskPlan } from '../wire/activities.js';
import type { Image, ProcessWorkflowRequest, WorkflowTask } from '../wire/request.js';
import type { Component } from '../wire/result.js';
import type { InitOutput } from '../wire/task-output.js';
import type { ActivityDependencies } from './dependencies.js';
import { ExecutionFailed, jobFailure } from './errors.js';
import { layoutInput } from './open-run.js';
import type { PlanFile, PlannedBatch } from './plan-file.js';
import { logEvent } from './run-log.js';
import { readImages, readRequest, taskAt } from './stored-request.js';

const isConverter = (task: WorkflowTask): boolean => task.task_type.startsWith('converter_');

/** The images that a task gets, and how many matched its types before the job's attribute filters. */
export const imagesForTask = (
  images: Image[],
  task: WorkflowTask,
  carried: Record<string, boolean>,
  request: ProcessWorkflowRequest,
): { images: Image[]; numAvailable: number } => {
  if (isConverter(task)) return { images: [], numAvailable: 0 };
  const typeFilters = effectiveTypeFilters(
    carried,
    mergeTaskTypeFilters(task.task.input_types, task.type_filters),
  );
  return filterImages(images, typeFilters, request.job_attribute_filters);
};

const parallelizationList = async (input: PlanTaskInput): Promise<InitOutput['parallelization_list']> => {
  for (const reference of input.init_outcomes.toReversed()) {
    const unit = (await readOutcome(reference)).units.find((u) => u.status === 'done');
    if (unit === undefined) continue;
    return unit.output !== null && 'parallelization_list' in unit.output
      ? dedupeParallelizationList(unit.output.parallelization_list)
      : [];
  }
  return [];
};

const unitsOf = async (
  input: PlanTaskInput,
  task: WorkflowTask,
  request: ProcessWorkflowRequest,
): Promise<UnitArguments[]> => {
  if (input.stage === 'compute') return computeUnits(task, await parallelizationList(input));
  const { images } = imagesForTask(await readImages(input.images), task, input.type_filters, request);
  if (images.length === 0 && !isConverter(task)) {
    throw new ExecutionFailed(
      jobFailure(
        `Task ${String(task.order)} "${task.task.name}": empty image list, no image of the dataset passes its type filters and the job's attribute filters`,
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
  return firstStageUnits(task, images, request.dataset.zarr_dir);
};

const componentOf = (input: PlanTaskInput, task: WorkflowTask): Component => {
  if (input.stage === 'compute') return 'compute';
  if (task.task_type === 'parallel') return 'parallel';
  return task.task_type.includes('compound') ? 'init' : 'non_parallel';
};

function* unitLines(units: UnitArguments[], batch: number): Generator<string> {
  for (const unit of units) {
    yield `${formatUnit({ index: unit.index, stem: stem(unit.component, batch, unit.index), args: unit.args })}\n`;
  }
}

/**
 * @throws ExecutionFailed (JobExecutionError) when no image is left or the units cannot be laid out.
 */
export const planTask = async (input: PlanTaskInput, deps: ActivityDependencies): Promise<TaskPlan> => {
  const request = await readRequest(input.run.request);
  const task = taskAt(request, input.position);
  const units = await unitsOf(input, task, request);
  const component = componentOf(input, task);
  const command =
    component === 'parallel' || component === 'compute'
      ? task.task.command_parallel
      : task.task.command_non_parallel;
  const layout = layOut(deps, request, input.position, component, units.length, task);

  const batches: PlannedBatch[] = [];
  for (let start = 0; start < units.length; start += layout.unitsPerBatch) {
    const part = units.slice(start, start + layout.unitsPerBatch);
    const key = batchKey(input.run.uuid, input.position, input.stage, batches.length, 1);
    const reference = await publishState(unitsPath(input.run.dir, key), unitLines(part, batches.length));
    batches.push({ units: reference, count: part.length });
  }
  const plan: PlanFile = {
    position: input.position,
    stage: input.stage,
    component,
    workflow_task_id: task.id,
    order: task.order,
    task_name: task.task.name,
    task_dir: join(input.run.dir, taskFolder(task.order, task.task.name)),
    command: splitCommand(command ?? ''),
    layout,
    units: units.length,
    batches,
  };
  const reference = await publishState(planPath(input.run.dir, input.position, input.stage), [
    JSON.stringify(plan),
    '\n',
  ]);
  await logEvent(
    input.run.dir,
    `plan: task ${String(task.order)} "${task.task.name}" (${component}): ${String(units.length)} units in ${String(batches.length)} batches`,
  );
  return {
    plan: reference,
    units: units.length,
    units_per_batch: layout.unitsPerBatch,
    batches: batches.length,
  };
};

const layOut = (
  deps: ActivityDependencies,
  request: ProcessWorkflowRequest,
  position: number,
  component: Component,
  units: number,
  task: WorkflowTask,
): PlanFile['layout'] => {
  try {
    return deps.backend.layout(layoutInput(request, position, component, units));
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    throw new ExecutionFailed(
      jobFailure(`Task ${String(task.order)} "${task.task.name}": ${error.message}`, {
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
