/** What counts as updated when a task's units say nothing (docs/semantics.md, "Units that return nothing"). */
import type { Image, TaskType } from '../wire/request.js';
import type { TaskOutput } from '../wire/task-output.js';

export interface EndedUnit {
  zarrUrl: string | null;
  succeeded: boolean;
}

export interface EffectiveOutputInput {
  taskType: TaskType;
  /** Merged output of the units that succeeded. */
  merged: TaskOutput;
  /** The images that the filters left for the task; empty for a converter. */
  images: readonly Pick<Image, 'zarr_url'>[];
  /** Every unit of the task, a compound's init included. */
  units: Iterable<EndedUnit>;
}

/** Updates that change nothing of the images themselves, so that the task's `output_types` reach them. */
export const asUpdates = (images: Iterable<Pick<Image, 'zarr_url'>>): TaskOutput => ({
  image_list_updates: Array.from(images, ({ zarr_url }) => ({
    zarr_url,
    origin: null,
    attributes: {},
    types: {},
  })),
  image_list_removals: [],
});

const isEmpty = (output: TaskOutput): boolean =>
  output.image_list_updates.length === 0 && output.image_list_removals.length === 0;

/**
 * The output to apply. One that says something stands. An empty one means "all images that the task was given":
 * of a parallel task those whose units succeeded, of any other task all of them, or none as soon as a unit failed.
 */
export const effectiveOutput = ({ taskType, merged, images, units }: EffectiveOutputInput): TaskOutput => {
  if (!isEmpty(merged)) return merged;
  const succeededUrls: string[] = [];
  let succeeded = 0;
  let failed = 0;
  for (const unit of units) {
    if (!unit.succeeded) failed += 1;
    else {
      succeeded += 1;
      if (unit.zarrUrl !== null) succeededUrls.push(unit.zarrUrl);
    }
  }
  if (taskType === 'parallel') return asUpdates(succeededUrls.map((zarr_url) => ({ zarr_url })));
  return asUpdates(failed === 0 && succeeded > 0 ? images : []);
};
