/** Tells the backend of the interpreters that a run will start warm, so that they are ready when their units are. */
import type { Backend, BatchLayout, LayoutInput } from '../../batch/contract.js';
import { LayoutError } from '../../batch/errors.js';
import { layoutInput } from '../../tasks/layout-input.js';
import { splitCommand } from '../../tasks/command.js';
import { usesNonParallelPart } from '../../tasks/task-types.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import type { ActivityDependencies } from '../dependencies.js';
import { componentsOf } from './check-layouts.js';

/** How many a task will have is not known yet; of so many as many run at once as may. */
const MANY_UNITS = 1_000;

/** Of many units, where `one` is that of one; whether so many can be laid out is said when there are so many. */
const ofMany = (backend: Backend, input: LayoutInput, one: BatchLayout): BatchLayout => {
  try {
    return backend.layout({ ...input, units: MANY_UNITS });
  } catch (error) {
    if (error instanceof LayoutError) return one;
    throw error;
  }
};

/** After `checkLayouts`, so that every task can be laid out. */
export const warmUp = (request: ProcessWorkflowRequest, { backend }: ActivityDependencies): void => {
  if (backend.warmUp === undefined) return;
  const { first_task_index: first, last_task_index: last } = request;
  const planned = request.workflow.task_list.slice(first, last + 1).flatMap((wftask) =>
    componentsOf(wftask).flatMap((component) => {
      const isSingle = usesNonParallelPart(component);
      const input = layoutInput(request, wftask, component, 1);
      const one = backend.layout(input);
      if (one.warm !== true) return [];
      const layout = isSingle ? one : ofMany(backend, input, one);
      const { command_non_parallel: single, command_parallel: parallel } = wftask.task;
      return [{ command: splitCommand((isSingle ? single : parallel) ?? ''), layout }];
    }),
  );
  if (planned.length > 0) backend.warmUp(planned);
};
