/** What a task's `meta` asks for, checked for all tasks of the range before anything runs. */
import { LayoutError } from '../../batch/errors.js';
import type { Backend, LayoutInput } from '../../batch/contract.js';
import { layoutInput } from '../../tasks/layout-input.js';
import { taskTypeTraits, usesNonParallelPart } from '../../tasks/task-types.js';
import type { InputError } from '../../wire/failure.js';
import type { ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import type { Component } from '../../wire/result.js';
import { aside } from '../turns.js';

export const componentsOf = ({ task_type: type }: WorkflowTask): Component[] => {
  const { firstStage, isCompound } = taskTypeTraits[type];
  return isCompound ? [firstStage, 'compute'] : [firstStage];
};

/** `task_list` was sorted; whoever reads the error looks into the list as it was given. */
export const placeInRequest = (raw: unknown, order: number): number =>
  (raw as { workflow: { task_list: { order: number }[] } }).workflow.task_list.findIndex(
    (task) => task.order === order,
  );

/** In words, what is wrong with the layout of one unit; empty where it can be laid out and the cluster can run it. */
const problemsOf = async (backend: Backend, input: () => LayoutInput): Promise<string[]> => {
  try {
    const { resources } = backend.layout(input());
    return (await aside(async () => backend.check?.(resources))) ?? [];
  } catch (error) {
    if (error instanceof LayoutError) return [error.message];
    throw error;
  }
};

/** The layout of one unit of every task of the range must work: what is wrong is not found after hours, when it is due. */
export const checkLayouts = async (
  raw: unknown,
  request: ProcessWorkflowRequest,
  backend: Backend,
): Promise<InputError[]> => {
  const errors: InputError[] = [];
  const { first_task_index: first, last_task_index: last } = request;
  for (const task of request.workflow.task_list.slice(first, last + 1)) {
    const place = `/workflow/task_list/${placeInRequest(raw, task.order)}`;
    for (const component of componentsOf(task)) {
      const key = usesNonParallelPart(component) ? 'meta_non_parallel' : 'meta_parallel';
      for (const got of await problemsOf(backend, () => layoutInput(request, task, component, 1))) {
        const expected = `resources that the ${backend.name} backend can lay out`;
        errors.push({ path: `${place}/${key}`, expected, got });
      }
    }
  }
  return errors;
};
