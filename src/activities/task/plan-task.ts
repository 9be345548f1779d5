/** `planTask`: filters the images, makes the units of one stage, cuts them into batches, writes it all down. */
import type { ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import { imagesForTask } from '../../images/for-task.js';
import { policyOf, type Policy } from '../../outcomes/policy.js';
import { planPath, retryPlanPath } from '../../state/paths.js';
import { computeUnits, dedupeParallelizationList, type UnitArguments } from '../../tasks/arguments.js';
import { countGroups, exclusiveAttributes, withGroups } from '../../tasks/exclusive.js';
import { cutIntoBatches, keptUnits, takenFinder } from '../../tasks/taken-units.js';
import { taskTypeTraits } from '../../tasks/task-types.js';
import type { PlanTaskInput } from '../../wire/activities.js';
import type { TaskPlan } from '../../wire/stages.js';

import type { Component } from '../../wire/result.js';
import type { InitOutput } from '../../wire/task-output.js';
import { taskTitle } from '../../wire/task-title.js';
import type { ActivityDependencies, StepDependencies } from '../dependencies.js';
import { tellPlan } from '../events/planned.js';
import { refuseAfterEnd } from '../after-end.js';
import { aside } from '../turns.js';
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
import { firstUnitsOf, layOut, stageOf, unitLines } from './stage-plan.js';
import { publishTakenEvidence } from './taken-evidence.js';

/** What the init's own round allows: a retry of it may allow more than the request. */
const policyOfInit = async (
  { run: { dir }, position, init_first_try: first, generation = 0 }: PlanTaskInput,
  request: ProcessWorkflowRequest,
): Promise<Policy> => {
  const path =
    first === undefined ? planPath(dir, position, 'first') : retryPlanPath(dir, position, generation);
  return policyOf(request, position, (await readPlanIfThere(path))?.plan);
};

/** The list of the init that ended with 0; an init that ran in several tries ended so in one of them. */
const parallelizationList = async (
  input: PlanTaskInput,
  request: ProcessWorkflowRequest,
): Promise<InitOutput['parallelization_list']> => {
  const { run, position } = input;
  const which = { run, position, stage: 'first', batch: 0, try: input.init_tries + 1 } as const;
  const policy = await policyOfInit(input, request);
  const { units } = await earlierTries(which, policy, input.init_first_try);
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
  if (input.stage === 'compute') {
    const units = computeUnits(task, await parallelizationList(input, request));
    const attributes = exclusiveAttributes(request, task, 'compute');
    return attributes.length === 0 ? units : withGroups(units, await readImages(input.images), attributes);
  }
  const all = withoutLeftOut(await readImages(input.images), await readLeftOut(input.left_out));
  return firstUnitsOf(task, all, input.type_filters, request, taken);
};

const componentOf = (input: PlanTaskInput, task: WorkflowTask): Component =>
  input.stage === 'compute' ? 'compute' : taskTypeTraits[task.task_type].firstStage;

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
  const exclusive = exclusiveAttributes(request, task, component);
  const toRun = countGroups(units.filter((unit) => !isTaken(unit)));
  const layout = layOut(deps.backend, request, task, component, toRun);

  const batches: PlannedBatch[] = [];
  for (const part of cutIntoBatches(units, isTaken, layout.unitsPerBatch)) {
    const key = keyOf({ ...input, batch: batches.length, try: 1 });
    const reference = await publishUnits(input.run.dir, key, unitLines(part, batches.length));
    batches.push({
      ...{ units: reference, count: part.length },
      ...(exclusive.length > 0 && { groups: countGroups(part) }),
      ...(part.some(isTaken) && { taken: true }),
    });
  }
  return {
    stage: input.stage,
    ...stageOf(input.run.dir, input.position, task, component, layout),
    ceilings: (await aside(async () => deps.backend.ceilings?.(layout.resources))) ?? {},
    units: units.length,
    batches,
    ...(input.generation === undefined ? {} : { generation: input.generation }),
    ...(exclusive.length > 0 && { exclusive }),
  };
};

const exclusiveWords = ({ exclusive, batches }: PlanFile): string =>
  exclusive === undefined
    ? ''
    : `, at most ${batches.reduce((sum, { groups = 0 }) => sum + groups, 0)} at once (exclusive: ${exclusive.join(', ')})`;

export const summaryOf = ({ plan, reference }: AdoptedPlan): TaskPlan => ({
  plan: reference,
  component: plan.component,
  task_dir: plan.task_dir,
  units: plan.units,
  units_per_batch: plan.layout.unitsPerBatch,
  batches: plan.batches.length,
});

const tellPlanned = (input: PlanTaskInput, plan: PlanFile, { events }: StepDependencies): Promise<void> => {
  const available = async (): Promise<number> => {
    const request = await readRequest(input.run.request);
    const task = taskAt(request, input.position);
    const all = withoutLeftOut(await readImages(input.images), await readLeftOut(input.left_out));
    const { isConverter } = taskTypeTraits[task.task_type];
    return imagesForTask(all, task, isConverter, input.type_filters, request).numAvailable;
  };
  const { dir } = input.run;
  return tellPlan(events(dir), dir, plan, input.stage === 'first' ? available : null);
};

/**
 * A plan that is there already is gone on with, whatever this worker's configuration would have made of it.
 *
 * @throws ExecutionFailed (JobExecutionError) when no image is left or the units cannot be laid out.
 */
export const planTask = async (input: PlanTaskInput, deps: StepDependencies): Promise<TaskPlan> => {
  const path = planPath(input.run.dir, input.position, input.stage);
  const there = await readPlanIfThere(path);
  if (there !== null && input.run.continued === undefined) {
    await tellPlanned(input, there.plan, deps);
    return summaryOf(there);
  }
  if (there === null) await refuseAfterEnd(input.run);
  const request = await readRequest(input.run.request);
  const taken = keptUnits(await readTakenUnits(input.run, input.position), policyOf(request, input.position));
  const adopted = there ?? (await adoptPlan(path, await makePlan(input, request, taken, deps)));
  await publishTakenEvidence(input, adopted.plan, taken, deps.backend.name);
  await tellPlanned(input, adopted.plan, deps);
  if (there !== null) return summaryOf(there);
  const { order, task_name: name, alias, component, units, batches } = adopted.plan;
  await logEvent(
    input.run.dir,
    `plan: task ${order} "${taskTitle({ name, alias })}" (${component}): ${units} units in ${batches.length} batches${exclusiveWords(adopted.plan)}`,
  );
  return summaryOf(adopted);
};
