/** Which images of the dataset a task works on (docs/semantics.md, "Filters"). Pure. */
import type { Image, ProcessWorkflowRequest, WorkflowTask } from '../wire/request.js';
import { effectiveTypeFilters, filterImages, mergeTaskTypeFilters, type TypeFilters } from './filters.js';

/** @param carried those that hold before the task. */
export const typeFiltersFor = (task: WorkflowTask, carried: TypeFilters): TypeFilters =>
  effectiveTypeFilters(carried, mergeTaskTypeFilters(task.task.input_types, task.type_filters));

/**
 * The images that a task gets, and how many matched its types before the job's attribute filters.
 *
 * @param isConverter of the task's type: converters make images and get none.
 */
export const imagesForTask = (
  images: Image[],
  task: WorkflowTask,
  isConverter: boolean,
  carried: TypeFilters,
  request: ProcessWorkflowRequest,
): { images: Image[]; numAvailable: number } => {
  if (isConverter) return { images: [], numAvailable: 0 };
  return filterImages(images, typeFiltersFor(task, carried), request.job_attribute_filters);
};
