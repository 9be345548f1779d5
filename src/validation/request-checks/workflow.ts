import type { Problems } from '../problems.js';
import type { FractalWorkflow, WorkflowTask } from '../../wire/request.js';
import { readFields } from '../schemas/read-fields.js';
import { workflow as workflowSchema } from '../schemas/workflow.js';
import { isJsonObject } from '../schemas/leaf.js';
import { checkWorkflowTask } from './task.js';

type Path = readonly PropertyKey[];

const checkOrders = (tasks: readonly unknown[], path: Path, problems: Problems): void => {
  const positionOf = new Map<number, number>();
  tasks.forEach((task, position) => {
    const order = isJsonObject(task) ? task.order : undefined;
    if (typeof order !== 'number') return;
    const first = positionOf.get(order);
    if (first === undefined) positionOf.set(order, position);
    else
      problems.add([...path, position, 'order'], `an order that entry ${first} does not have already`, order);
  });
};

/** The workflow with its tasks sorted by `order`, or null when something is wrong with it. */
export const checkWorkflow = (value: unknown, path: Path, problems: Problems): FractalWorkflow | null => {
  const shape = workflowSchema.omit({ task_list: true });
  const fields = readFields(shape, value, path, problems, 'ignore');
  if (fields === null) return null;
  const listPath = [...path, 'task_list'];
  const list = isJsonObject(value) ? value.task_list : undefined;
  if (!Array.isArray(list) || list.length === 0) {
    problems.add(listPath, 'a list of at least one workflow-task', list);
    return null;
  }
  const tasks = list.map((item: unknown, position) =>
    checkWorkflowTask(item, [...listPath, position], problems),
  );
  checkOrders(list, listPath, problems);
  const complete = tasks.filter((task): task is WorkflowTask => task !== null);
  if (fields.name === undefined || complete.length < tasks.length) return null;
  return { name: fields.name, task_list: complete.sort((left, right) => left.order - right.order) };
};
