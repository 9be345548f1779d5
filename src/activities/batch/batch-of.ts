/** The batch of one try: its units file, its names, and the claims that it may take over. */
import { formatUnit, parseUnits, type BatchUnit } from '../../batch/units-file.js';
import type { Backend, Batch } from '../../batch/contract.js';
import type { TryEvidence } from '../../outcomes/evidence.js';
import type { Policy } from '../../outcomes/policy.js';
import type { Outcome, OutcomeHeader } from '../../outcomes/unit-outcome.js';
import { judgeTries } from '../../outcomes/verdict.js';
import { StateCorrupt, StorageFailed } from '../../state/errors.js';
import { readEvidence } from '../../state/evidence-file.js';
import { publishState, readState, sha256 } from '../../state/files.js';
import { makeInnerFolder } from '../../state/folders.js';
import { batchKey, batchPaths, evidencePath, unitsPath } from '../../state/paths.js';
import { jobName } from '../../batch/job-name.js';
import type { RunReference, Stage } from '../../wire/activities.js';
import type { FileReference } from '../../wire/failure.js';
import type { JsonObject } from '../../wire/request.js';
import type { PlanFile, PlannedBatch } from '../../state/plan-file.js';

/** One try of one batch of a run. */
export interface WhichTry {
  run: RunReference;
  position: number;
  stage: Stage;
  batch: number;
  /** From 1. */
  try: number;
}

export interface PreparedBatch {
  batch: Batch;
  /** Reads them anew: nobody holds 100,000 units while their batches wait. */
  units(): Promise<BatchUnit[]>;
}

/** What the batch asks for: as planned, or more where a limit interrupted units that may run again. */
const resourcesFor = (
  backend: Backend,
  planned: JsonObject,
  raised: OutcomeHeader['raised'] | undefined,
): JsonObject => {
  const raise = backend.raise?.bind(backend);
  if (raise === undefined || raised === undefined) return planned;
  const more = raised.memory > 0 ? raise(planned, 'memory', raised.memory) : planned;
  return raised.time > 0 ? raise(more, 'time', raised.time) : more;
};

const plannedBatch = (plan: PlanFile, batch: number): PlannedBatch => {
  const planned = plan.batches[batch];
  if (planned === undefined) throw new RangeError(`no batch ${batch} in the plan of task ${plan.order}`);
  return planned;
};

export const keyOf = ({ run, position, stage, batch }: WhichTry, attempt: number): string =>
  batchKey(run.uuid, position, stage, batch, attempt);

/** Publishes the units of a batch under a name that says what they are. */
export const publishUnits = async (
  runDir: string,
  key: string,
  lines: Iterable<string>,
): Promise<FileReference> => {
  const text = [...lines].join('');
  return publishState(unitsPath(runDir, key, sha256(text)), [text]);
};

const readUnits = async (reference: FileReference): Promise<BatchUnit[]> =>
  parseUnits((await readState(reference)).toString('utf8'));

/** Units of a later try: those that the one before left to run again. */
const unitsOfLaterTry = async (plan: PlanFile, which: WhichTry, previous: Outcome): Promise<PlannedBatch> => {
  const again = new Map(previous.units.filter((u) => u.status === 'again').map((u) => [u.index, u]));
  const planned = await readUnits(plannedBatch(plan, which.batch).units);
  const units = planned.flatMap((unit) => {
    const left = again.get(unit.index);
    if (left === undefined) return [];
    return [left.interrupted_in === null ? unit : { ...unit, interruptedIn: left.interrupted_in }];
  });
  const lines = units.map((unit) => `${formatUnit(unit)}\n`);
  const reference = await publishUnits(which.run.dir, keyOf(which, which.try), lines);
  return { units: reference, count: units.length };
};

const jobPrefix = (component: PlanFile['component'], which: WhichTry): string => {
  const single = component === 'init' || component === 'non_parallel';
  const base = single ? 'non_par' : `par-${String(which.batch).padStart(6, '0')}`;
  return which.try === 1 ? base : `${base}.${which.try}`;
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
  const key = keyOf(which, which.try);
  const comment = `Fractal workflow ${run.workflow_id}, task ${order} ${taskName}, ${component}, batch ${which.batch}, try ${which.try}`;
  return {
    key,
    jobName: jobName(workflowName, taskName, key),
    comment: comment.replace(CONTROL_CHARACTERS, ' '),
    paths: batchPaths(units, run.dir, taskDir, key, jobPrefix(component, which), backend),
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

/** The evidence of the tries before this one, from number `first` on. */
export const earlierTries = (which: WhichTry, first = 1): Promise<TryEvidence[]> =>
  Promise.all(
    Array.from({ length: which.try - first }, (_, index) =>
      readEvidence(evidencePath(which.run.dir, keyOf(which, first + index))),
    ),
  );

/** Makes the batch of one try ready to be submitted; the same for every attempt. */
export const prepareBatch = async (
  which: WhichTry,
  plan: PlanFile,
  workflowName: string,
  earlier: readonly TryEvidence[],
  policy: Policy,
  backend: Backend,
): Promise<PreparedBatch> => {
  const previous = judgeTries(earlier, policy).at(-1) ?? null;
  await makeTaskDir(plan.task_dir);
  const { units, count } =
    previous === null ? plannedBatch(plan, which.batch) : await unitsOfLaterTry(plan, which, previous);
  // The script checks no digest: a units file that was edited is found before it is run.
  await readState(units);
  const named: NamedAfter = {
    ...{ workflowName, order: plan.order, taskName: plan.task_name },
    ...{ component: plan.component, taskDir: plan.task_dir },
  };
  const batch: Batch = {
    ...namesOf(which, named, units.path, backend.name),
    runUuid: which.run.uuid,
    taskDir: plan.task_dir,
    workingDir: which.run.dir,
    command: plan.command,
    unitCount: count,
    lanes: Math.max(1, Math.min(plan.layout.lanes, count)),
    resources: resourcesFor(backend, plan.layout.resources, previous?.header.raised),
    avoidNodes: previous?.header.bad_nodes ?? [],
  };
  return { batch, units: () => readUnits(units) };
};
