/** From what a task's units returned to its new image list: merge, the rules of partial failure, apply. Pure. */
import { applyOutput, CannotApply } from '../images/apply.js';
import { effectiveOutput } from '../images/empty-output.js';
import { MergeConflict, mergeOutputs } from '../images/merge.js';
import type { Image, WorkflowTask } from '../wire/request.js';
import type { TaskTally } from './tally.js';

export interface AppliedOutputs {
  images: Image[];
  numNewImages: number;
  removed: string[];
  /** Why the output cannot be applied; then the image list is as it was. */
  problem: string | null;
}

/**
 * @param all the dataset's images.
 * @param given those that the task was given.
 * @param tally of every unit of the task, a compound's init first.
 */
export const applyOutputs = (
  task: WorkflowTask,
  zarrDir: string,
  all: Image[],
  given: Image[],
  tally: TaskTally,
): AppliedOutputs => {
  const unchanged = { images: all, numNewImages: 0, removed: [] };
  if (tally.ended.length === 0 || tally.initFailed || !tally.planned) return { ...unchanged, problem: null };
  try {
    const merged = mergeOutputs(tally.outputs);
    const output = effectiveOutput({
      taskType: task.task_type,
      merged,
      images: given,
      units: tally.ended,
    });
    const applied = applyOutput({ images: all, output, zarrDir, outputTypes: task.task.output_types });
    return {
      images: applied.images,
      numNewImages: applied.numNewImages,
      removed: output.image_list_removals,
      problem: null,
    };
  } catch (error) {
    if (error instanceof MergeConflict || error instanceof CannotApply) {
      return { ...unchanged, problem: error.message };
    }
    throw error;
  }
};
