/** The plan of one stage of a task, as `planTask` writes it and `runBatch` and `applyTask` read it. */
import type { BatchLayout } from '../executors/contract.js';
import { readState } from '../state/files.js';
import type { Stage } from '../wire/activities.js';
import type { FileReference } from '../wire/failure.js';
import type { Component } from '../wire/result.js';

export interface PlannedBatch {
  units: FileReference;
  count: number;
}

export interface PlanFile {
  position: number;
  stage: Stage;
  component: Component;
  workflow_task_id: number | null;
  order: number;
  task_name: string;
  /** Folder of the task's files. */
  task_dir: string;
  /** The task's command, split into words. */
  command: string[];
  layout: BatchLayout;
  units: number;
  batches: PlannedBatch[];
}

/** @throws StateCorrupt, StorageFailed as `readState` does. */
export const readPlan = async (reference: FileReference): Promise<PlanFile> =>
  JSON.parse((await readState(reference)).toString('utf8')) as PlanFile;
