/** Which images of the dataset a task works on (docs/semantics.md, "Filters"). Pure. */
import { taskTypeTraits } from '../tasks/task-types.js';
import type { Image, ProcessWorkflowRequest, WorkflowTask } from '../wire/request.js';
import { effectiveTypeFilters, filterImages, mergeTaskTypeFilters } from './filters.js';

/** The images that a task gets, and how many matched its types before the job's attribute filters. */
export const imagesForTask = (
  images: Image[],
  task: WorkflowTask,
  carried: Record<string, boolean>,
  request: ProcessWorkflowRequest,
): { images: Image[]; numAvailable: number } => {
  if (taskTypeTraits[task.task_type].isConverter) return { images: [], numAvailable: 0 };
  const typeFilters = effectiveTypeFilters(
    carried,
    mergeTaskTypeFilters(task.task.input_types, task.type_filters),
  );
  return filterImages(images, typeFilters, request.job_attribute_filters);
};
