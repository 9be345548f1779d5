/** The units of a task and the arguments that each is given (docs/semantics.md, "Arguments"). */
import { equalityKey } from '../wire/canonical-json.js';
import type { Image, JsonObject, WorkflowTask } from '../wire/request.js';
import type { Component } from '../wire/result.js';
import type { ParallelizationItem } from '../wire/task-output.js';
import { taskTypeTraits } from './task-types.js';

export interface UnitArguments {
  /** In its stage, from 0. */
  index: number;
  component: Component;
  /** The image that the unit works on; null for the single or init part. */
  zarrUrl: string | null;
  /** Content of the unit's `--args-json` file. */
  args: JsonObject;
  /** Units of one group never run at once (src/tasks/exclusive.ts); absent: it is in none. */
  group?: number;
}

/** A parallel task would run twice on one image. */
export class DuplicateZarrUrl extends Error {
  override readonly name = 'DuplicateZarrUrl';
}

/** Names that the runner sets itself: a user's argument of that name would silently replace it. */
export const RESERVED_ARGUMENTS: readonly string[] = ['zarr_dir', 'zarr_url', 'zarr_urls', 'init_args'];

const parallelUnits = (task: WorkflowTask, images: readonly Pick<Image, 'zarr_url'>[]): UnitArguments[] => {
  const seen = new Set<string>();
  return images.map(({ zarr_url: zarrUrl }, index) => {
    if (seen.has(zarrUrl)) throw new DuplicateZarrUrl(`Image ${zarrUrl} is in the list of images twice`);
    seen.add(zarrUrl);
    return { index, component: 'parallel', zarrUrl, args: { zarr_url: zarrUrl, ...task.args_parallel } };
  });
};

/**
 * The units that a task starts with: one per image for a parallel task, else the single or init unit.
 *
 * @param images those that the filters left; ignored for a converter.
 * @throws DuplicateZarrUrl when a parallel task is given an image twice.
 */
export const firstStageUnits = (
  task: WorkflowTask,
  images: readonly Pick<Image, 'zarr_url'>[],
  zarrDir: string,
): UnitArguments[] => {
  const { firstStage, isConverter } = taskTypeTraits[task.task_type];
  if (firstStage === 'parallel') return parallelUnits(task, images);
  const args: JsonObject = { zarr_dir: zarrDir, ...task.args_non_parallel };
  if (!isConverter) args.zarr_urls = images.map((image) => image.zarr_url);
  return [{ index: 0, component: firstStage, zarrUrl: null, args }];
};

/** A compound's compute units, one per item of its init's list (already without repetitions), in its order. */
export const computeUnits = (
  task: WorkflowTask,
  parallelizationList: readonly ParallelizationItem[],
): UnitArguments[] =>
  parallelizationList.map(({ zarr_url: zarrUrl, init_args: initArgs }, index) => ({
    index,
    component: 'compute',
    zarrUrl,
    args: { zarr_url: zarrUrl, init_args: initArgs, ...task.args_parallel },
  }));

/** Repetitions of a whole item dropped, the first kept; Python's equality, linear in the length of the list. */
export const dedupeParallelizationList = (list: readonly ParallelizationItem[]): ParallelizationItem[] => {
  const seen = new Set<string>();
  return list.filter((item) => {
    const key = equalityKey(item);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
};
