/** From the final units of a task to its new image list: merge, the rules of partial failure, apply. Pure. */
import { applyOutput, CannotApply } from '../images/apply.js';
import { effectiveOutput } from '../images/empty-output.js';
import { MergeConflict, mergeOutputs } from '../images/merge.js';
import type { Image, WorkflowTask } from '../wire/request.js';
import type { TaskOutput } from '../wire/task-output.js';
import type { FinalUnit } from './task-units.js';

export interface AppliedOutputs {
  images: Image[];
  numNewImages: number;
  removed: string[];
  /** Why the output cannot be applied; then the image list is as it was. */
  problem: string | null;
}

const isTaskOutput = (output: FinalUnit['output']): output is TaskOutput =>
  output !== null && 'image_list_updates' in output;

/**
 * @param all the dataset's images.
 * @param given those that the task was given.
 * @param units every unit of the task, a compound's init first.
 */
export const applyOutputs = (
  task: WorkflowTask,
  zarrDir: string,
  all: Image[],
  given: Image[],
  units: FinalUnit[],
): AppliedOutputs => {
  const unchanged = { images: all, numNewImages: 0, removed: [] };
  const init = units.find((unit) => unit.component === 'init');
  if (units.length === 0 || (init !== undefined && init.status !== 'done'))
    return { ...unchanged, problem: null };
  try {
    const succeeded = units.filter((unit) => unit.status === 'done');
    const merged = mergeOutputs(succeeded.map((unit) => unit.output).filter(isTaskOutput));
    const output = effectiveOutput({
      taskType: task.task_type,
      merged,
      images: given,
      units: units.map((unit) => ({ zarrUrl: unit.zarr_url, succeeded: unit.status === 'done' })),
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
