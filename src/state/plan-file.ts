/** The plan of one stage of a task, as `planTask` writes it and `runBatch` and `applyTask` read it. */
import type { BatchLayout } from '../batch/contract.js';
import { adoptState, readBytesIfThere, readState, sha256 } from './files.js';
import type { Stage } from '../wire/stages.js';
import type { FileReference } from '../wire/failure.js';
import type { JsonObject } from '../wire/request.js';
import type { Component } from '../wire/result.js';

export interface PlannedBatch {
  units: FileReference;
  count: number;
  /** At most so many of them can run at once, since others must not meet; absent: all. */
  groups?: number;
  /** Some of its units are taken over from an earlier run: there is evidence of its first try already. */
  taken?: true;
}

export interface PlannedRetryOf {
  /** Number of the first try of its batches. */
  first_try: number;
  /** Resources over those of the task. */
  meta: JsonObject;
  rerun_interrupted: boolean;
  /** Of the files and events of this retry; absent from plans of before 0.4. */
  generation?: number;
}

export interface PlanFile {
  position: number;
  stage: Stage;
  component: Component;
  workflow_task_id: number | null;
  order: number;
  task_name: string;
  /** The user's own name of the workflow-task; absent: none. */
  alias?: string;
  /** Folder of the task's files. */
  task_dir: string;
  /** The task's command, split into words. */
  command: string[];
  layout: BatchLayout;
  /** How far a repeat may raise the layout's resources (`Backend.ceilings`); absent from plans of before 0.3. */
  ceilings?: JsonObject;
  units: number;
  batches: PlannedBatch[];
  /** Units whose images agree in these attributes do not run at once; absent: there are none. */
  exclusive?: string[];
  /** Of the events of its units, where it was planned after a retry of the init; absent: 0, or that of `retry`. */
  generation?: number;
  /** Only of a retry: it holds some of the units, and their own indices. */
  retry?: PlannedRetryOf;
}

export interface AdoptedPlan {
  plan: PlanFile;
  reference: FileReference;
}

const parse = (bytes: Buffer): PlanFile | null => {
  try {
    return JSON.parse(bytes.toString('utf8')) as PlanFile;
  } catch {
    return null;
  }
};

/** @throws StateCorrupt, StorageFailed as `readState` does. */
export const readPlan = async (reference: FileReference): Promise<PlanFile> =>
  JSON.parse((await readState(reference)).toString('utf8')) as PlanFile;

/**
 * `readPlan` for whoever needs one plan for many batches at once: read once and held once as long as one of them holds it,
 * since a plan grows with its batches, and so would what each of them costs. Each call gives a new reader its own memory;
 * a plan must not be changed.
 */
export const sharedPlanReader = (): ((reference: FileReference) => Promise<PlanFile>) => {
  const reading = new Map<string, Promise<PlanFile>>();
  const held = new Map<string, WeakRef<PlanFile>>();
  const readAnew = async (name: string, reference: FileReference): Promise<PlanFile> => {
    try {
      const plan = await readPlan(reference);
      for (const [other, weak] of held) if (weak.deref() === undefined) held.delete(other);
      held.set(name, new WeakRef(plan));
      return plan;
    } finally {
      reading.delete(name);
    }
  };
  return (reference) => {
    const name = `${reference.sha256} ${reference.path}`;
    const plan = held.get(name)?.deref();
    if (plan !== undefined) return Promise.resolve(plan);
    const begun = reading.get(name) ?? readAnew(name, reference);
    reading.set(name, begun);
    return begun;
  };
};

/** null while there is none, or none that was written whole. */
export const readPlanIfThere = async (path: string): Promise<AdoptedPlan | null> => {
  const bytes = await readBytesIfThere(path);
  const plan = bytes === null ? null : parse(bytes);
  return bytes === null || plan === null ? null : { plan, reference: { path, sha256: sha256(bytes) } };
};

/** Publishes a plan; where another worker was quicker, with whatever configuration, its plan counts. */
export const adoptPlan = async (path: string, plan: PlanFile): Promise<AdoptedPlan> => {
  const { bytes, reference } = await adoptState(
    path,
    [JSON.stringify(plan), '\n'],
    (existing) => parse(existing) !== null,
  );
  return { plan: parse(bytes) ?? plan, reference };
};
