/** The first lines of a run's events: what it is, and what of it an earlier run has done. */
import { taskFolder } from '../../tasks/names.js';
import type { OpenedRun } from '../../wire/activities.js';
import type { RunEvent } from '../../wire/events.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import { aliasOf } from '../../wire/task-title.js';

export const openedEvents = (opened: OpenedRun, request: ProcessWorkflowRequest): RunEvent[] => {
  const { run, tasks, taken_over: taken } = opened;
  return [
    {
      event: 'run_opened',
      workflow_id: run.workflow_id,
      run_uuid: run.uuid,
      workflow_dir: run.dir,
      backend: opened.backend,
      workflow_name: opened.workflow_name,
      first_task_index: request.first_task_index,
      last_task_index: request.last_task_index,
      images: opened.images.count,
      tasks: tasks.map(({ position, order, name, alias, type }) => ({
        task_index: position,
        workflow_task_id: request.workflow.task_list[position]?.id ?? null,
        workflow_task_order: order,
        task_name: name,
        ...aliasOf({ alias }),
        task_type: type,
        folder: taskFolder(order, name),
      })),
    },
    ...(taken?.totals ?? []).map(({ total }, place): RunEvent => ({
      event: 'task_taken_over',
      task_index: request.first_task_index + place,
      generation: 0,
      units: total,
    })),
  ];
};
