/** Tells the backend of the interpreters that a run will start warm, so that they are ready when their units are. */
import { layoutInput } from '../../tasks/layout-input.js';
import { splitCommand } from '../../tasks/command.js';
import { usesNonParallelPart } from '../../tasks/task-types.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import type { ActivityDependencies } from '../dependencies.js';
import { componentsOf } from './check-layouts.js';

/** After `checkLayouts`, so that every task can be laid out. */
export const warmUp = (request: ProcessWorkflowRequest, { backend }: ActivityDependencies): void => {
  if (backend.warmUp === undefined) return;
  const { first_task_index: first, last_task_index: last } = request;
  const commands = request.workflow.task_list.slice(first, last + 1).flatMap((wftask) =>
    componentsOf(wftask).flatMap((component) => {
      if (backend.layout(layoutInput(request, wftask, component, 1)).warm !== true) return [];
      const { command_non_parallel: single, command_parallel: parallel } = wftask.task;
      return [splitCommand((usesNonParallelPart(component) ? single : parallel) ?? '')];
    }),
  );
  if (commands.length > 0) backend.warmUp(commands);
};
