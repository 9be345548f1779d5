/** `planRetry`: which units a retry runs, what they ask for, and in which batches; refused in words, with nothing changed. */
import { LayoutError } from '../../batch/errors.js';
import { isBackendName } from '../../executors/names.js';
import { slipsOfMeta } from '../../validation/slips.js';
import type { BatchLayout } from '../../batch/contract.js';
import { formatUnit, parseUnits, type BatchUnit } from '../../batch/units-file.js';
import { readState } from '../../state/files.js';
import { retryPlanPath } from '../../state/paths.js';
import { adoptPlan, readPlanIfThere, type PlanFile, type PlannedBatch } from '../../state/plan-file.js';
import { logEvent } from '../../state/run-log.js';
import { readRequest, taskAt } from '../../state/stored-request.js';
import { countGroups, inGroups } from '../../tasks/exclusive.js';
import { layoutInput } from '../../tasks/layout-input.js';
import type { PlannedRetry, PlanRetryInput } from '../../wire/held.js';
import type { StageTries } from '../../wire/stages.js';
import type { JsonObject, ProcessWorkflowRequest } from '../../wire/request.js';
import { taskTitle } from '../../wire/task-title.js';
import { keyOf, publishUnits } from '../batch/batch-of.js';
import type { ActivityDependencies, StepDependencies } from '../dependencies.js';
import { tellPlan } from '../events/planned.js';
import { UpdateRefused } from '../errors.js';
import { aside } from '../turns.js';
import { checkConsent, checkMore, chooseUnits, type ChosenByBatch } from './choose-units.js';
import { readGivenUp } from './held-units.js';
import { lastRunOf, type LayeredUnit } from './layers.js';
import { summaryOf } from './plan-task.js';
import { openStageOf, stagesOf, type StageRounds } from './stages.js';

/** Tries go on where those of the rounds before ended: keys of batches and names of old logs derive from their numbers. */
const firstTryAfter = (stages: readonly StageTries[]): number =>
  1 +
  Math.max(...stages.flatMap(({ first_try = 1, more_tries }) => [first_try, ...Object.values(more_tries)]));

/** What the chosen units asked for last, over what their task asks for. */
const metaBefore = ({ sources }: StageRounds, chosen: readonly LayeredUnit[]): JsonObject => {
  const keys = new Set(chosen.flatMap(({ header }) => (header === null ? [] : [header.try])));
  const ran = sources.filter(({ tries }, round) => {
    const end = sources[round + 1]?.tries.first_try ?? Infinity;
    return [...keys].some((attempt) => attempt >= (tries.first_try ?? 1) && attempt < end);
  });
  return Object.assign({}, ...ran.map(({ plan }) => plan.retry?.meta ?? {})) as JsonObject;
};

const layOut = async (
  { backend }: ActivityDependencies,
  input: Parameters<typeof backend.layout>[0],
): Promise<BatchLayout> => {
  let layout: BatchLayout;
  try {
    layout = backend.layout(input);
  } catch (error) {
    if (error instanceof LayoutError) throw new UpdateRefused(error.message);
    throw error;
  }
  const problems = (await aside(async () => backend.check?.(layout.resources))) ?? [];
  if (problems.length > 0) throw new UpdateRefused(problems.join('; '));
  return layout;
};

/** The log of the try that began it last becomes an old one, which frees its claim. */
const asAgain = (unit: BatchUnit, { lastBegun }: LayeredUnit): BatchUnit => {
  const number = lastBegun === null ? null : lastRunOf(lastBegun);
  const { interruptedIn: _, ...bare } = unit;
  // What the earlier run had begun has its log there.
  if (lastBegun?.taken !== undefined) return bare;
  return number === null ? bare : { ...bare, interruptedIn: number };
};

const unitsToRun = async ({ sources }: StageRounds, chosen: ChosenByBatch): Promise<BatchUnit[]> => {
  const units: BatchUnit[] = [];
  for (const [index, { units: reference }] of sources[0].plan.batches.entries()) {
    const wanted = new Map(chosen[index]?.map((unit) => [unit.index, unit]));
    if (wanted.size === 0) continue;
    for (const unit of parseUnits((await readState(reference)).toString('utf8'))) {
      const again = wanted.get(unit.index);
      if (again !== undefined) units.push(asAgain(unit, again));
    }
  }
  return units;
};

const writeBatches = async (
  input: PlanRetryInput,
  stage: StageTries['stage'],
  units: readonly BatchUnit[],
  { unitsPerBatch }: BatchLayout,
  firstTry: number,
): Promise<PlannedBatch[]> => {
  const batches: PlannedBatch[] = [];
  const groups = inGroups(units);
  for (let start = 0; start < groups.length; start += unitsPerBatch) {
    const ofPart = groups.slice(start, start + unitsPerBatch);
    const part = ofPart.flat();
    const which = { run: input.run, position: input.position, stage, batch: batches.length, try: firstTry };
    const lines = part.map((unit) => `${formatUnit(unit)}\n`);
    const reference = await publishUnits(input.run.dir, keyOf(which), lines);
    batches.push({
      ...{ units: reference, count: part.length },
      ...(ofPart.length < part.length && { groups: ofPart.length }),
    });
  }
  return batches;
};

const makePlan = async (
  input: PlanRetryInput,
  request: ProcessWorkflowRequest,
  deps: ActivityDependencies,
): Promise<PlanFile> => {
  const stages = await stagesOf(input, request, deps.backend.lateFilesMs);
  const open = openStageOf(stages);
  const choice = { units: input.units, givenUp: await readGivenUp(input.given_up) };
  const chosen = await chooseUnits(open, choice);
  checkConsent(chosen, input);
  const units = await unitsToRun(open, chosen);
  const { plan } = open.sources[0];
  const own = layoutInput(request, taskAt(request, input.position), plan.component, countGroups(units));
  if (Object.hasOwn(input.meta, 'exclusive')) {
    throw new UpdateRefused('exclusive: which units must not meet is as it was when the run was started');
  }
  // Another backend may read what these do not.
  const slips = isBackendName(deps.backend.name) ? slipsOfMeta(input.meta) : [];
  if (slips.length > 0) throw new UpdateRefused(slips.join('; '));
  const meta = { ...metaBefore(open, chosen.flat()), ...input.meta };
  const layout = await layOut(deps, { ...own, meta: { ...own.meta, ...meta } });
  const { limits } = deps.backend;
  if (!input.rerun_interrupted && limits !== undefined) checkMore(chosen, layout.resources, limits);
  const first_try = firstTryAfter(input.stages.filter(({ stage }) => stage === open.stage));
  return {
    ...plan,
    layout,
    units: units.length,
    batches: await writeBatches(input, open.stage, units, layout, first_try),
    retry: {
      ...{ first_try, meta, rerun_interrupted: input.rerun_interrupted },
      generation: input.generation,
    },
  };
};

const inWords = (meta: JsonObject): string | null => {
  const words = Object.entries(meta).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return words.length === 0 ? null : words.join(', ');
};

/**
 * A plan that is there already, of an earlier attempt, is gone on with.
 *
 * @throws UpdateRefused with the reason.
 */
export const planRetry = async (input: PlanRetryInput, deps: StepDependencies): Promise<PlannedRetry> => {
  const path = retryPlanPath(input.run.dir, input.position, input.generation);
  const request = await readRequest(input.run.request);
  const there = await readPlanIfThere(path);
  const adopted = there ?? (await adoptPlan(path, await makePlan(input, request, deps)));
  const { order, task_name: name, alias, units, batches, stage, retry } = adopted.plan;
  if (there === null) {
    await logEvent(
      input.run.dir,
      `retry: task ${order} "${taskTitle({ name, alias })}": ${units} units in ${batches.length} batches, asked for ${inWords(input.meta) ?? 'what they had'}` +
        (input.rerun_interrupted ? '; interrupted ones may run again' : ''),
    );
  }
  await tellPlan(deps.events(input.run.dir), input.run.dir, adopted.plan, null);
  return {
    stage,
    plan: summaryOf(adopted),
    first_try: retry?.first_try ?? 1,
    asked: inWords(input.meta),
  };
};
