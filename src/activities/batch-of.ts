/** The batch of one try: its units file, its names, and the claims that it may take over. */
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatUnit, parseUnits, type BatchUnit } from '../batch/units-file.js';
import type { Backend, Batch } from '../executors/contract.js';
import type { Outcome, OutcomeHeader } from '../outcomes/unit-outcome.js';
import { errorCode, StorageFailed } from '../state/errors.js';
import { publishState, readState } from '../state/files.js';
import { batchKey, batchPaths, unitsPath } from '../state/paths.js';
import { jobName } from '../tasks/job-name.js';
import type { BatchTry, RunReference } from '../wire/activities.js';
import type { JsonObject } from '../wire/request.js';
import type { FileReference } from '../wire/failure.js';
import type { PlanFile, PlannedBatch } from './plan-file.js';

export interface PreparedBatch {
  batch: Batch;
  /** Reads them anew: nobody holds 100,000 units while their batches wait. */
  units(): Promise<BatchUnit[]>;
  /** How often each limit has been raised for these units. */
  raised: OutcomeHeader['raised'];
}

const notRaised: OutcomeHeader['raised'] = { memory: 0, time: 0 };

/** What the batch asks for: as planned, or more where a limit interrupted units that may run again. */
const resourcesFor = (backend: Backend, planned: JsonObject, raised: OutcomeHeader['raised']): JsonObject => {
  const raise = backend.raise?.bind(backend);
  if (raise === undefined) return planned;
  const more = raised.memory > 0 ? raise(planned, 'memory', raised.memory) : planned;
  return raised.time > 0 ? raise(more, 'time', raised.time) : more;
};

const plannedBatch = (plan: PlanFile, batch: number): PlannedBatch => {
  const planned = plan.batches[batch];
  if (planned === undefined)
    throw new RangeError(`no batch ${String(batch)} in the plan of task ${String(plan.order)}`);
  return planned;
};

const readUnits = async (reference: FileReference): Promise<BatchUnit[]> =>
  parseUnits((await readState(reference)).toString('utf8'));

/**
 * Frees the claim of a unit that may run again: its old log is kept under another name, a stale output goes first
 * (real tasks abort when their output file exists). Safe to repeat: the renamed log marks it as done.
 */
const freeClaim = async (taskDir: string, stem: string, attempt: number): Promise<void> => {
  const log = join(taskDir, `${stem}-log.txt`);
  const kept = join(taskDir, `${stem}-log.${String(attempt)}.txt`);
  try {
    await access(kept);
    return;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw new StorageFailed(kept, 'cannot look at', error);
  }
  try {
    await rm(join(taskDir, `${stem}-metadiff.json`), { force: true });
    await rename(log, kept);
  } catch (error) {
    throw new StorageFailed(log, 'cannot rename', error);
  }
};

/** Units of a later try: those that the one before left to run again. */
const unitsOfLaterTry = async (
  run: RunReference,
  plan: PlanFile,
  which: BatchTry,
  previous: Outcome,
): Promise<PlannedBatch> => {
  const again = new Map(previous.units.filter((u) => u.status === 'again').map((u) => [u.index, u]));
  const planned = await readUnits(plannedBatch(plan, which.batch).units);
  const units = planned.filter((unit) => again.has(unit.index));
  for (const unit of again.values()) {
    if (unit.interrupted) await freeClaim(plan.task_dir, unit.stem, which.try - 1);
  }
  const key = batchKey(run.uuid, plan.position, which.stage, which.batch, which.try);
  const reference = await publishState(
    unitsPath(run.dir, key),
    units.map((unit) => `${formatUnit(unit)}\n`),
  );
  return { units: reference, count: units.length };
};

const jobPrefix = (plan: PlanFile, which: BatchTry): string => {
  const single = plan.component === 'init' || plan.component === 'non_parallel';
  const base = single ? 'non_par' : `par-${String(which.batch).padStart(6, '0')}`;
  return which.try === 1 ? base : `${base}.${String(which.try)}`;
};

/** Names and files of a try, without touching anything. Pure. */
const describeBatch = (
  run: RunReference,
  runName: string,
  plan: PlanFile,
  which: BatchTry,
  backend: string,
): Pick<Batch, 'key' | 'jobName' | 'comment' | 'paths'> => {
  const key = batchKey(run.uuid, plan.position, which.stage, which.batch, which.try);
  return {
    key,
    jobName: jobName(runName, plan.task_name, key),
    comment: `Fractal workflow ${run.workflow_id}, task ${String(plan.order)} ${plan.task_name}, ${plan.component}, batch ${String(which.batch)}, try ${String(which.try)}`,
    paths: batchPaths(run.dir, plan.task_dir, key, jobPrefix(plan, which), backend),
  };
};

const makeTaskDir = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new StorageFailed(path, 'cannot create', error);
  }
};

/** Makes the batch of one try ready to be submitted; the same for every attempt. */
export const prepareBatch = async (
  run: RunReference,
  runName: string,
  plan: PlanFile,
  which: BatchTry,
  previous: Outcome | null,
  backend: Backend,
): Promise<PreparedBatch> => {
  await makeTaskDir(plan.task_dir);
  const later = which.try > 1 && previous !== null;
  const { units, count } = later
    ? await unitsOfLaterTry(run, plan, which, previous)
    : plannedBatch(plan, which.batch);
  // The script checks no digest: a units file that was edited is found before it is run.
  await readState(units);
  const raised = previous?.header.raised ?? notRaised;
  const batch: Batch = {
    ...describeBatch(run, runName, plan, which, backend.name),
    runUuid: run.uuid,
    taskDir: plan.task_dir,
    workingDir: run.dir,
    command: plan.command,
    unitCount: count,
    lanes: Math.max(1, Math.min(plan.layout.lanes, count)),
    resources: resourcesFor(backend, plan.layout.resources, raised),
    avoidNodes: previous?.header.bad_nodes ?? [],
  };
  return { batch, units: () => readUnits(units), raised };
};
