/** The batch of one try: its units file, its names, and the claims that it may take over. */
import { formatUnit, parseUnits, type BatchUnit } from '../../batch/units-file.js';
import type { Backend, Batch } from '../../batch/contract.js';
import { asPlanned, type Ask } from '../../outcomes/ask.js';
import type { Policy } from '../../outcomes/policy.js';
import { repeatWords } from '../../outcomes/repeat-words.js';
import { judgeTry, noVerdict, type Verdict } from '../../outcomes/verdict.js';
import { nextParts, type Part } from '../../outcomes/next-parts.js';
import { StateCorrupt, StorageFailed } from '../../state/errors.js';
import { readEvidence } from '../../state/evidence-file.js';
import { publishState, readState, sha256 } from '../../state/files.js';
import { makeInnerFolder } from '../../state/folders.js';
import { batchKey, batchPaths, evidencePath, unitsPath } from '../../state/paths.js';
import { jobName } from '../../batch/job-name.js';
import type { PartToCome } from '../../wire/activities.js';
import type { RunReference, Stage } from '../../wire/stages.js';
import type { FileReference } from '../../wire/failure.js';
import type { JsonObject } from '../../wire/request.js';
import type { PlanFile, PlannedBatch } from '../../state/plan-file.js';
import { countGroups } from '../../tasks/exclusive.js';
import type { PlannedStage } from '../task/stage-plan.js';

/** One batch of a run. */
export interface WhichBatch {
  run: RunReference;
  position: number;
  stage: Stage;
  batch: number;
}

/** One try of one batch, or the part of it whose units ask for the same. */
export interface WhichTry extends WhichBatch {
  /** From 1. */
  try: number;
  /** Its name (src/outcomes/ask.ts); absent where its units ask for what was planned. */
  part?: string | undefined;
}

export interface PreparedBatch {
  batch: Batch;
  /** Reads them anew: nobody holds 100,000 units while their batches wait. */
  units(): Promise<BatchUnit[]>;
}

/** What a part of a try asks for: as planned, or more where a limit stopped its units. */
const resourcesFor = (
  backend: Backend,
  { layout, ceilings }: PlanFile,
  asks: Ask,
  policy: Policy,
): JsonObject => {
  const raise = backend.raise?.bind(backend);
  if (raise === undefined) return layout.resources;
  return (['memory', 'time'] as const).reduce((resources, limit) => {
    const { factor, max } = policy.rules[limit];
    // Requests that said null were stored with an object in its place until this was noticed.
    const most = typeof max === 'number' ? max : null;
    const by = { times: asks[limit], factor, max: most, ceilings: ceilings ?? {} };
    return by.times > 0 ? raise(resources, limit, by) : resources;
  }, layout.resources);
};

const plannedBatch = (plan: PlanFile, batch: number): PlannedBatch => {
  const planned = plan.batches[batch];
  if (planned === undefined) throw new RangeError(`no batch ${batch} in the plan of task ${plan.order}`);
  return planned;
};

export const keyOf = ({ run, position, stage, batch, try: attempt, part = '' }: WhichTry): string =>
  batchKey(run.uuid, position, stage, batch, attempt, part);

/** The units file of a batch; its name says what it holds. Pure. */
export const unitsFile = (
  runDir: string,
  key: string,
  lines: Iterable<string>,
): { path: string; text: string } => {
  const text = [...lines].join('');
  return { path: unitsPath(runDir, key, sha256(text)), text };
};

export const publishUnits = async (
  runDir: string,
  key: string,
  lines: Iterable<string>,
): Promise<FileReference> => {
  const { path, text } = unitsFile(runDir, key, lines);
  return publishState(path, [text]);
};

const readUnits = async (reference: FileReference): Promise<BatchUnit[]> =>
  parseUnits((await readState(reference)).toString('utf8'));

/** Units of a later try, or of a part of it: those that the tries before left to run again. */
const unitsOfLaterTry = async (
  plan: PlanFile,
  which: WhichTry,
  part: Part | undefined,
): Promise<PlannedBatch> => {
  const again = new Map(part?.units.map((unit) => [unit.index, unit]));
  const planned = await readUnits(plannedBatch(plan, which.batch).units);
  const units = planned.flatMap((unit) => {
    const left = again.get(unit.index);
    if (left === undefined) return [];
    return [left.interrupted_in === null ? unit : { ...unit, interruptedIn: left.interrupted_in }];
  });
  const lines = units.map((unit) => `${formatUnit(unit)}\n`);
  const reference = await publishUnits(which.run.dir, keyOf(which), lines);
  return {
    ...{ units: reference, count: units.length },
    ...(plan.exclusive === undefined ? {} : { groups: countGroups(units) }),
  };
};

const jobPrefix = (component: PlanFile['component'], which: WhichTry): string => {
  const single = component === 'init' || component === 'non_parallel';
  const base = single ? 'non_par' : `par-${String(which.batch).padStart(6, '0')}`;
  return which.try === 1 ? base : `${base}.${which.try}${which.part ?? ''}`;
};

/** What a batch is called after, without any file of the run. */
export interface NamedAfter {
  workflowName: string;
  order: number;
  taskName: string;
  component: PlanFile['component'];
  taskDir: string;
}

/** A line break in an id or a name would end the comment's line, and begin one of its own in a script. */
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g;

/** Names and files of a try. Pure. */
export const namesOf = (
  which: WhichTry,
  { workflowName, order, taskName, component, taskDir }: NamedAfter,
  units: string,
  backend: string,
): Pick<Batch, 'key' | 'jobName' | 'comment' | 'paths'> => {
  const { run } = which;
  const key = keyOf(which);
  const comment = `Fractal workflow ${run.workflow_id}, task ${order} ${taskName}, ${component}, batch ${which.batch}, try ${which.try}${which.part ?? ''}`;
  return {
    key,
    jobName: jobName(workflowName, taskName, key),
    comment: comment.replace(CONTROL_CHARACTERS, ' '),
    paths: batchPaths(units, run.dir, taskDir, key, jobPrefix(component, which), backend),
  };
};

/** A batch as its executor is given it. Pure. */
export const batchFrom = (
  which: WhichTry,
  plan: Omit<PlannedStage, 'position' | 'workflow_task_id'>,
  workflowName: string,
  units: { path: string; count: number; groups?: number },
  backend: string,
  { resources, avoidNodes }: Pick<Batch, 'resources' | 'avoidNodes'>,
): Batch => {
  const named: NamedAfter = {
    ...{ workflowName, order: plan.order, taskName: plan.task_name },
    ...{ component: plan.component, taskDir: plan.task_dir },
  };
  return {
    ...namesOf(which, named, units.path, backend),
    runUuid: which.run.uuid,
    taskDir: plan.task_dir,
    workingDir: which.run.dir,
    command: plan.command,
    unitCount: units.count,
    lanes: Math.max(1, Math.min(plan.layout.lanes, units.groups ?? units.count)),
    resources,
    ...(plan.layout.warm === true ? { warm: true } : {}),
    avoidNodes,
  };
};

const makeTaskDir = async (path: string): Promise<void> => {
  try {
    await makeInnerFolder(path);
  } catch (error) {
    if (error instanceof StateCorrupt) throw error;
    throw new StorageFailed(path, 'cannot create', error);
  }
};

/** A try of a batch whose parts the verdict on the tries before tells. */
export const partsOfTry = (before: Verdict, which: WhichTry, policy: Policy, first = 1): WhichTry[] => {
  const { part: _, ...whole } = which;
  if (which.try === first) return [whole];
  return nextParts(before, policy).map(({ name }) => ({ ...whole, ...(name === '' ? {} : { part: name }) }));
};

/**
 * The verdict on the tries before this one, from number `first` on. Which parts a try had is told by those before it.
 *
 * @throws StateCorrupt, StorageFailed where the evidence of one cannot be read.
 */
export const earlierTries = async (which: WhichTry, policy: Policy, first = 1): Promise<Verdict> => {
  let verdict = noVerdict;
  for (let attempt = first; attempt < which.try; attempt++) {
    const parts = partsOfTry(verdict, { ...which, try: attempt }, policy, first);
    const evidence = parts.map((part) => readEvidence(evidencePath(which.run.dir, keyOf(part))));
    verdict = judgeTry(verdict, await Promise.all(evidence), policy);
  }
  return verdict;
};

/** Makes the batch of one try ready to be submitted; the same for every attempt. */
export const prepareBatch = async (
  which: WhichTry,
  plan: PlanFile,
  workflowName: string,
  earlier: Verdict,
  policy: Policy,
  backend: Backend,
): Promise<PreparedBatch> => {
  const isFirst = earlier.outcomes.length === 0;
  const part = nextParts(earlier, policy).find(({ name }) => name === (which.part ?? ''));
  await makeTaskDir(plan.task_dir);
  const { units, ...counts } = isFirst
    ? plannedBatch(plan, which.batch)
    : await unitsOfLaterTry(plan, which, part);
  // The script checks no digest: a units file that was edited is found before it is run.
  await readState(units);
  const resources = resourcesFor(backend, plan, part?.asks ?? asPlanned, policy);
  const batch = batchFrom(which, plan, workflowName, { path: units.path, ...counts }, backend.name, {
    resources,
    avoidNodes: [...earlier.badNodes],
  });
  return { batch, units: () => readUnits(units) };
};

/** What the next try consists of, for the workflow, which names its parts and shows why they are. */
export const partsToCome = (
  verdict: Pick<Verdict, 'units'>,
  plan: PlanFile,
  policy: Policy,
  backend: Backend,
): PartToCome[] =>
  nextParts(verdict, policy).map(({ name, asks, units }) => ({
    part: name,
    units: units.length,
    words: repeatWords(units, resourcesFor(backend, plan, asks, policy), asks),
  }));
