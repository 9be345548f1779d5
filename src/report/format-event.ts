/** An event of a run as a line for people. Pure. */
import { plainText } from '../state/plain-text.js';
import type { EventLine } from '../wire/events.js';
import { taskTitle } from '../wire/task-title.js';
import { countOf } from './count.js';
import type { Style } from './style.js';
import { localTime } from './times.js';
import { wrapText } from './wrap.js';

const units = (count: number): string => countOf(count, 'unit');

const whatOf = (event: EventLine): string => {
  switch (event.event) {
    case 'run_opened':
      return `opened: workflow "${event.workflow_name}" as ${event.workflow_id}, ${countOf(event.tasks.length, 'task')}, ${countOf(event.images, 'image')}`;
    case 'task_taken_over':
      return `task ${event.task_index}: done by an earlier run, ${units(event.units)}`;
    case 'task_planned':
      return `task ${event.task_index} "${taskTitle({ name: event.task_name, alias: event.alias })}": begins, ${countOf(event.available_images, 'image')} to choose from`;
    case 'units_planned':
      return `task ${event.task_index}: ${units(event.units)} (${event.component}) in ${countOf(event.batches, 'batch', 'batches')}`;
    case 'unit_ended': {
      const how = event.cause === null ? event.status : `${event.status} (${event.cause})`;
      return `task ${event.task_index}: ${event.component} ${event.index} ${how}  ${event.log_file}`;
    }
    case 'batch_waiting':
      return `task ${event.task_index}: batch ${event.batch} waits (job ${event.job_id}): ${event.reason}`;
    case 'units_given_up':
      return `task ${event.task_index}: ${units(event.units)} given up`;
    case 'task_applied':
      return `task ${event.task_index}: ${event.status}, ${event.units_done} done, ${event.units_failed} failed, ${countOf(event.images, 'image')}`;
    case 'held':
      return `task ${event.task_index}: held, ${units(event.failed_units)} wait for the operator: ${event.reason}`;
    case 'run_closed':
      return `closed: ${event.status}${event.error === null ? '' : `, ${event.error.type}: ${event.error.message}`}`;
  }
};

const secondsOf = (time: string): string => String(new Date(time).getSeconds()).padStart(2, '0');

export const formatEvent = (event: EventLine, { width }: Pick<Style, 'width'>): string =>
  wrapText(
    plainText(`${localTime(event.time)}:${secondsOf(event.time)}  ${whatOf(event).replaceAll('\n', ' | ')}`),
    width,
  );
