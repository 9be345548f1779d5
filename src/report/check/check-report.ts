/**
 * What a run of a request would do, as far as it is known before anything has run (schemas/check.schema.json): made with
 * the functions that plan a run, so that it is what then happens. Nothing is run or written.
 */
import { batchFrom, keyOf, unitsFile } from '../../activities/batch/batch-of.js';
import { ExecutionFailed } from '../../activities/errors.js';
import { componentsOf } from '../../activities/run/check-layouts.js';
import { firstUnitsOf, layOut, stageOf, unitLines } from '../../activities/task/stage-plan.js';
import type { Backend, Batch } from '../../batch/contract.js';
import { filterSteps, type FilterStep } from '../../images/filter-steps.js';
import type { TypeFilters } from '../../images/filters.js';
import { bothTypes } from '../../images/both-types.js';
import { imagesForTask, typeFiltersFor } from '../../images/for-task.js';
import type { UnitArguments } from '../../tasks/arguments.js';
import { countGroups, exclusiveAttributes } from '../../tasks/exclusive.js';
import { cutIntoBatches } from '../../tasks/taken-units.js';
import { taskTypeTraits } from '../../tasks/task-types.js';
import { canonicalJson } from '../../wire/canonical-json.js';
import type { Image, JsonObject, ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import type { Component } from '../../wire/result.js';
import { aliasOf } from '../../wire/task-title.js';

/** The id of a run is drawn when it starts; this one stands in its place in scripts and keys. */
export const NO_RUN_YET = '00000000-0000-0000-0000-000000000000';

export interface CheckedExclusive {
  /** Those whose images agree in all of these. */
  attributes: string[];
  /** Of the attributes, those that no image has. */
  missing: string[];
  /** At most so many units can run at once; null: unknown. */
  groups: number | null;
}

/** null: unknown until the run has come so far. */
export interface CheckedStage {
  component: Component;
  units: number | null;
  units_per_batch: number | null;
  /** Units at once within a batch. */
  lanes: number | null;
  /** On SLURM each is a job. */
  batches: number | null;
  /** Units that do not run at once; null: all may. */
  exclusive: CheckedExclusive | null;
  /** What the backend gives each batch or unit of it, its own words. */
  resources: JsonObject;
  /** `#SBATCH` lines of the first batch. */
  sbatch_lines: string[];
  /** Of the first batch. */
  script: string | null;
  /** What the scheduler says of that script without taking it. */
  scheduler_says: string | null;
}

export interface CheckedTask {
  position: number;
  order: number;
  name: string;
  /** The user's own name of the workflow-task; absent: none. */
  alias?: string;
  type: WorkflowTask['task_type'];
  /** Those that hold when the tasks before it are done. */
  type_filters: TypeFilters;
  /** Urls of the images that it is given; null: unknown. A converter gets none. */
  images: string[] | null;
  /** What each filter leaves; null where the images are unknown. */
  filters: FilterStep[] | null;
  /** Why something is unknown. */
  unknown: string | null;
  /** Why the task would fail before anything of it runs. */
  problem: string | null;
  stages: CheckedStage[];
}

export interface CheckReport {
  workflow_id: string;
  workflow: string;
  workflow_dir: string;
  backend: string;
  /** Images of the dataset. */
  images: number;
  /** What of the request is ignored and looks misspelt. */
  warnings: string[];
  tasks: CheckedTask[];
}

export interface CheckInput {
  /** From `examineRequest`, as `images` is. */
  request: ProcessWorkflowRequest;
  images: Image[];
  workflowId: string;
  runDir: string;
  backend: Backend;
  warnings: string[];
}

const sbatchLines = (script: string): string[] => {
  const lines = script.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines.slice(0, end < 0 ? lines.length : end).filter((line) => line.startsWith('#SBATCH'));
};

interface Place {
  input: CheckInput;
  position: number;
  task: WorkflowTask;
  component: Component;
}

const firstBatch = (
  { input, position, task, component }: Place,
  part: readonly UnitArguments[],
  layout: ReturnType<typeof layOut>,
): Batch => {
  const { runDir: dir, request, backend, workflowId } = input;
  const run = { dir, uuid: NO_RUN_YET, workflow_id: workflowId, request: { path: '', sha256: '' } };
  const which = { run, position, stage: 'first' as const, batch: 0, try: 1 };
  const { path } = unitsFile(dir, keyOf(which), unitLines(part, 0));
  const stage = stageOf(dir, position, task, component, layout);
  const { resources } = layout;
  const counts = { path, count: part.length, groups: countGroups(part) };
  return batchFrom(which, stage, request.workflow.name, counts, backend.name, {
    ...{ resources, avoidNodes: [] },
  });
};

const exclusiveOf = (
  { input: { request, images }, task, component }: Place,
  units: readonly UnitArguments[] | null,
): CheckedExclusive | null => {
  const attributes = exclusiveAttributes(request, task, component);
  if (attributes.length === 0) return null;
  const own = (name: string): boolean => images.some((image) => Object.hasOwn(image.attributes, name));
  return {
    attributes,
    missing: units === null ? [] : attributes.filter((name) => !own(name)),
    groups: units === null ? null : countGroups(units),
  };
};

const unknownStage = (place: Place): CheckedStage => {
  const { input, task, component } = place;
  const { resources } = layOut(input.backend, input.request, task, component, 1);
  const unknown = { units: null, units_per_batch: null, lanes: null, batches: null };
  return {
    ...{ component, ...unknown, exclusive: exclusiveOf(place, null) },
    ...{ resources, sbatch_lines: [], script: null, scheduler_says: null },
  };
};

const knownStage = async (place: Place, units: UnitArguments[]): Promise<CheckedStage> => {
  const { input, task, component } = place;
  const { backend, request } = input;
  const exclusive = exclusiveOf(place, units);
  const layout = layOut(backend, request, task, component, countGroups(units));
  const batches = cutIntoBatches(units, () => false, layout.unitsPerBatch);
  const batch = firstBatch(place, batches[0] ?? [], layout);
  const script = backend.script?.(batch) ?? null;
  return {
    component,
    units: units.length,
    units_per_batch:
      exclusive === null ? layout.unitsPerBatch : Math.max(...batches.map(({ length }) => length)),
    lanes: batch.lanes,
    batches: batches.length,
    exclusive,
    resources: layout.resources,
    sbatch_lines: script === null ? [] : sbatchLines(script),
    script,
    scheduler_says: (await backend.trial?.(batch)) ?? null,
  };
};

const EARLIER = 'what is taken over from the earlier run is found when the run starts';
const BEFORE = 'the tasks before it may change the list of images';
const LIST = 'its compute units are those of the list that its init will write';

/** Why the units of its first stage are not known yet. */
const whyUnknown = (request: ProcessWorkflowRequest, task: WorkflowTask, isFirst: boolean): string | null => {
  if ((request.continue_from ?? null) !== null) return EARLIER;
  return isFirst || taskTypeTraits[task.task_type].isConverter ? null : BEFORE;
};

const checkTask = async (
  input: CheckInput,
  task: WorkflowTask,
  position: number,
  carried: TypeFilters,
): Promise<CheckedTask> => {
  const { request, images } = input;
  const { isConverter, isCompound } = taskTypeTraits[task.task_type];
  const why = whyUnknown(request, task, position === request.first_task_index);
  const typeFilters = isConverter ? {} : typeFiltersFor(task, carried);
  const steps = isConverter ? [] : filterSteps(images, typeFilters, request.job_attribute_filters);
  const chosen = imagesForTask(images, task, isConverter, carried, request).images;
  const checked: CheckedTask = {
    ...{ position, order: task.order, name: task.task.name, ...aliasOf(task), type: task.task_type },
    type_filters: typeFilters,
    images: why === null ? chosen.map(({ zarr_url: url }) => url) : null,
    filters: why === null ? steps : null,
    unknown: [why, isCompound ? LIST : null].filter((reason) => reason !== null).join('; ') || null,
    problem: null,
    stages: [],
  };
  try {
    for (const component of componentsOf(task)) {
      const place = { input, position, task, component };
      const stage =
        why !== null || component === 'compute'
          ? unknownStage(place)
          : await knownStage(place, firstUnitsOf(task, images, carried, request, []));
      checked.stages.push(stage);
    }
  } catch (error) {
    if (!(error instanceof ExecutionFailed)) throw error;
    checked.problem = error.message;
  }
  return checked;
};

/** A task's arguments stand in its units in the order that the stored request has them. */
const asStored = (request: ProcessWorkflowRequest): ProcessWorkflowRequest =>
  JSON.parse(
    canonicalJson({ ...request, dataset: { ...request.dataset, images: [] } }),
  ) as ProcessWorkflowRequest;

export const checkReport = async (given: CheckInput): Promise<CheckReport> => {
  const input = { ...given, request: asStored(given.request) };
  const { request, images, workflowId, runDir, backend } = input;
  const { first_task_index: first, last_task_index: last } = request;
  const tasks: CheckedTask[] = [];
  let carried: TypeFilters = { ...request.job_type_filters };
  for (const [index, task] of request.workflow.task_list.slice(first, last + 1).entries()) {
    tasks.push(await checkTask(input, task, first + index, carried));
    carried = { ...carried, ...task.task.output_types };
  }
  return {
    workflow_id: workflowId,
    workflow: request.workflow.name,
    workflow_dir: runDir,
    backend: backend.name,
    images: images.length,
    warnings: [...input.warnings, ...bothTypes(request, images)],
    tasks,
  };
};
