/** Which images of the dataset a task works on (docs/semantics.md, "Filters"). Pure. */
import type { Image, ProcessWorkflowRequest, WorkflowTask } from '../wire/request.js';
import { effectiveTypeFilters, filterImages, mergeTaskTypeFilters } from './filters.js';

/**
 * The images that a task gets, and how many matched its types before the job's attribute filters.
 *
 * @param isConverter of the task's type: converters make images and get none.
 */
export const imagesForTask = (
  images: Image[],
  task: WorkflowTask,
  isConverter: boolean,
  carried: Record<string, boolean>,
  request: ProcessWorkflowRequest,
): { images: Image[]; numAvailable: number } => {
  if (isConverter) return { images: [], numAvailable: 0 };
  const typeFilters = effectiveTypeFilters(
    carried,
    mergeTaskTypeFilters(task.task.input_types, task.type_filters),
  );
  return filterImages(images, typeFilters, request.job_attribute_filters);
};
