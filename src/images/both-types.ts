/** Images with and without a type in one task: mostly a filter that was forgotten. Pure. */
import { taskTypeTraits } from '../tasks/task-types.js';
import type { Image, ProcessWorkflowRequest } from '../wire/request.js';
import { titleInWorkflow } from '../wire/task-title.js';
import { imagesForTask } from './for-task.js';

/** A line for each type that some of the task's images have and others not; a missing one counts as false, as in filters. */
const mixedTypes = (task: string, images: readonly Image[]): string[] => {
  const names = new Set(images.flatMap(({ types }) => Object.keys(types).filter((name) => types[name])));
  return [...names].flatMap((name) => {
    const having = images.filter(({ types }) => types[name]).length;
    if (having === images.length) return [];
    return [
      `${task} works on ${having} images of type ${name} and on ${images.length - having} that are not: ` +
        "type_filters of the task, or the request's job_type_filters, choose between them",
    ];
  });
};

/** Of the first task to run: what the tasks after it are given is not known yet. */
export const bothTypes = (request: ProcessWorkflowRequest, all: Image[]): string[] => {
  const task = request.workflow.task_list[request.first_task_index];
  if (task === undefined) return [];
  const { isConverter } = taskTypeTraits[task.task_type];
  const { images } = imagesForTask(all, task, isConverter, request.job_type_filters, request);
  return mixedTypes(`task ${task.order} "${titleInWorkflow(task)}"`, images);
};
