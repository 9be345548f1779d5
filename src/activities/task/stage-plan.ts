/** What the plan of a stage is made of, without any file. Pure, so that `check` says what `planTask` will do. */
import { join } from 'node:path';
import { LayoutError } from '../../batch/errors.js';
import type { Backend, BatchLayout } from '../../batch/contract.js';
import { formatUnit } from '../../batch/units-file.js';
import { filterSteps } from '../../images/filter-steps.js';
import type { AttributeFilters, TypeFilters } from '../../images/filters.js';
import { imagesForTask, typeFiltersFor } from '../../images/for-task.js';
import { whyNothingPasses } from '../../validation/filter-words.js';
import type { PlanFile } from '../../state/plan-file.js';
import type { TakenUnit } from '../../state/continued-file.js';
import type { UnitArguments } from '../../tasks/arguments.js';
import { exclusiveAttributes, withGroups } from '../../tasks/exclusive.js';
import { splitCommand } from '../../tasks/command.js';
import { layoutInput } from '../../tasks/layout-input.js';
import { stem, taskFolder } from '../../tasks/names.js';
import { firstUnits } from '../../tasks/taken-units.js';
import { taskTypeTraits, usesNonParallelPart } from '../../tasks/task-types.js';
import { jobFailure } from '../../wire/failure.js';
import type { Image, ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import type { Component } from '../../wire/result.js';
import { aliasOf, titleInWorkflow } from '../../wire/task-title.js';
import { ExecutionFailed } from '../errors.js';
import { MAX_BATCHES_PER_STAGE } from '../tunables.js';

const ofTask = (
  task: WorkflowTask,
): { workflow_task_id: number | null; workflow_task_order: number; task_name: string } => ({
  workflow_task_id: task.id,
  workflow_task_order: task.order,
  task_name: task.task.name,
});

const whyEmpty = (all: Image[], types: TypeFilters, attributes: AttributeFilters): string => {
  // Of no images the first filter would leave none.
  const steps = all.length === 0 ? [] : filterSteps(all, types, attributes);
  const culprit = steps.find(({ left }) => left === 0);
  return culprit === undefined
    ? 'the dataset has no images'
    : `no image of the dataset passes its type filters and the job's attribute filters: ${whyNothingPasses(culprit)}`;
};

/**
 * The units that a task starts with.
 *
 * @param all the images that it may choose from; `carried` the type filters that hold before the task's own.
 * @throws ExecutionFailed when the filters leave none.
 */
export const firstUnitsOf = (
  task: WorkflowTask,
  all: Image[],
  carried: Record<string, boolean>,
  request: ProcessWorkflowRequest,
  taken: readonly TakenUnit[],
): UnitArguments[] => {
  const { isConverter } = taskTypeTraits[task.task_type];
  const { images } = imagesForTask(all, task, isConverter, carried, request);
  if (images.length === 0 && !isConverter) {
    const why = whyEmpty(all, typeFiltersFor(task, carried), request.job_attribute_filters);
    throw new ExecutionFailed(
      jobFailure(`Task ${task.order} "${titleInWorkflow(task)}": empty image list, ${why}`, {
        ...ofTask(task),
        ...{ failed_units: 0, total_units: 0 },
      }),
    );
  }
  const units = firstUnits(task, all, images, request.dataset.zarr_dir, taken);
  const { firstStage } = taskTypeTraits[task.task_type];
  return withGroups(units, all, exclusiveAttributes(request, task, firstStage));
};

/** The lines of a batch's units file. */
export function* unitLines(units: readonly UnitArguments[], batch: number): Generator<string> {
  for (const unit of units) {
    const { index, component, args, group } = unit;
    const line = formatUnit({
      ...{ index, stem: stem(component, batch, index), args },
      ...(group === undefined ? {} : { group }),
    });
    yield `${line}\n`;
  }
}

/** Batches of one task; more are no plan but a mistake in its resources (docs/architecture.md, "Time-outs and numbers"). */
const checkBatches = (task: WorkflowTask, units: number, unitsPerBatch: number): void => {
  const batches = Math.ceil(units / unitsPerBatch);
  if (batches <= MAX_BATCHES_PER_STAGE) return;
  throw new ExecutionFailed(
    jobFailure(
      `Task ${task.order} "${titleInWorkflow(task)}": ${units} units, ${unitsPerBatch} in a batch, make ${batches} batches; at most ${MAX_BATCHES_PER_STAGE} are possible: put more units into one (tasks_per_job, or the configuration's target_num_jobs and max_num_jobs)`,
      { ...ofTask(task), failed_units: 0, total_units: units },
    ),
  );
};

/** @throws ExecutionFailed when the units cannot be laid out. */
export const layOut = (
  backend: Backend,
  request: ProcessWorkflowRequest,
  task: WorkflowTask,
  component: Component,
  units: number,
): BatchLayout => {
  try {
    const layout = backend.layout(layoutInput(request, task, component, units));
    checkBatches(task, units, layout.unitsPerBatch);
    return layout;
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    throw new ExecutionFailed(
      jobFailure(`Task ${task.order} "${titleInWorkflow(task)}": ${error.message}`, {
        ...ofTask(task),
        component,
        failed_units: 0,
        total_units: units,
      }),
    );
  }
};

/** What a stage's batches are made from. */
export type PlannedStage = Pick<
  PlanFile,
  | 'position'
  | 'component'
  | 'workflow_task_id'
  | 'order'
  | 'task_name'
  | 'alias'
  | 'task_dir'
  | 'command'
  | 'layout'
>;

export const stageOf = (
  runDir: string,
  position: number,
  task: WorkflowTask,
  component: Component,
  layout: BatchLayout,
): PlannedStage => ({
  position,
  component,
  workflow_task_id: task.id,
  order: task.order,
  task_name: task.task.name,
  ...aliasOf(task),
  task_dir: join(runDir, taskFolder(task.order, task.task.name)),
  command: splitCommand(
    (usesNonParallelPart(component) ? task.task.command_non_parallel : task.task.command_parallel) ?? '',
  ),
  layout,
});
