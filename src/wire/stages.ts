/** What the inputs of most activities name: the run, its images, a stage of a task and how far that has come. */
import type { Component } from './component.js';
import type { FileReference } from './failure.js';

/** Identity of a run, in the input of every activity. */
export interface RunReference {
  /** `workflow_dir_remote` if given, else `workflow_dir_local`. */
  dir: string;
  /** Made by the workflow, kept through continue-as-new; batch keys derive from it. */
  uuid: string;
  /** The validated request, without its images. */
  request: FileReference;
  workflow_id: string;
  /** What it takes over from the earlier run that it continues. Absent: it continues none. */
  continued?: FileReference;
  /** Its images carry their status of the earlier run as an attribute, which no result shows. */
  filters_by_status?: true;
}

export interface ImagesReference extends FileReference {
  count: number;
}

/** `first`: the images' units, or the single/init unit; `compute`: the units of an init's parallelization list. */
export type Stage = 'first' | 'compute';

/** How often each batch of a stage was tried: a size that does not grow with the number of batches. */
export interface StageTries {
  stage: Stage;
  plan: FileReference;
  /** Number of the first try of its batches, after those of the rounds before. Absent: 1. */
  first_try?: number;
  /** Batches from 0 to here, exclusive, have been begun. */
  begun: number;
  /** Of those that were tried more than once, the number of their last try. */
  more_tries: Record<string, number>;
}

export interface TaskPlan {
  plan: FileReference;
  component: Component;
  /** Folder of the task's files. */
  task_dir: string;
  units: number;
  units_per_batch: number;
  batches: number;
}
