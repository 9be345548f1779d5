/** One workflow-task of a request, with the checks that look at several of its fields. */
import { conflictingTypes } from '../../images/filters.js';
import { pythonStrip } from '../../images/python-text.js';
import { RESERVED_ARGUMENTS } from '../../tasks/arguments.js';
import { InvalidCommand, splitCommand } from '../../tasks/command.js';
import { taskFolder } from '../../tasks/names.js';
import { taskTypeTraits } from '../../tasks/task-types.js';
import type { Problems } from '../problems.js';
import type { JsonObject, Task, WorkflowTask } from '../../wire/request.js';
import { isJsonObject } from '../schemas/leaf.js';
import { readFields } from '../schemas/read-fields.js';
import { task as taskSchema, workflowTask as workflowTaskSchema } from '../schemas/workflow.js';
import { aliasOf } from '../../wire/task-title.js';

type Path = readonly PropertyKey[];

/** What common file systems take as the name of a folder. */
const MAX_FOLDER_NAME_BYTES = 255;

const isExport = (task: unknown): boolean =>
  isJsonObject(task) &&
  'pkg_name' in task &&
  !('command_non_parallel' in task) &&
  !('command_parallel' in task);

const checkCommands = (task: Partial<Task>, path: Path, problems: Problems): void => {
  if (task.type === undefined) return;
  for (const field of taskTypeTraits[task.type].commands) {
    const command = task[field];
    if (command === undefined) continue;
    if (command === null)
      problems.addText([...path, field], `a command, as a ${task.type} task needs one`, 'none');
    else {
      try {
        splitCommand(command);
      } catch (error) {
        if (!(error instanceof InvalidCommand)) throw error;
        problems.add([...path, field], error.message, command);
      }
    }
  }
};

const checkArguments = (args: JsonObject | undefined, path: Path, problems: Problems): void => {
  for (const key of Object.keys(args ?? {})) {
    if (RESERVED_ARGUMENTS.includes(pythonStrip(key))) {
      problems.addText([...path, key], 'no argument of this name, the runner sets it', JSON.stringify(key));
    }
  }
};

const checkTypeFilters = (
  wftask: Partial<WorkflowTask>,
  task: Partial<Task>,
  path: Path,
  problems: Problems,
): void => {
  const { type_filters: filters, input_types: inputTypes } = { ...wftask, ...task };
  if (filters === undefined || inputTypes === undefined) return;
  for (const key of conflictingTypes(inputTypes, filters)) {
    const expected = `${String(inputTypes[key])}, as the task's input_types say`;
    problems.add([...path, 'type_filters', key], expected, filters[key]);
  }
};

const checkFolder = (
  wftask: Partial<WorkflowTask>,
  task: Partial<Task>,
  path: Path,
  problems: Problems,
): void => {
  if (wftask.order === undefined || task.name === undefined) return;
  const bytes = new TextEncoder().encode(taskFolder(wftask.order, task.name)).length;
  if (bytes > MAX_FOLDER_NAME_BYTES) {
    problems.add(
      [...path, 'task', 'name'],
      `a name of fewer bytes (it names a folder, ${bytes} bytes)`,
      task.name,
    );
  }
};

const isComplete = <Whole extends object>(fields: Partial<Whole>, shape: object): fields is Whole =>
  Object.keys(shape).every((key) => (fields as Record<string, unknown>)[key] !== undefined);

/** The workflow-task with its defaults, or null when something is wrong with it. */
export const checkWorkflowTask = (value: unknown, path: Path, problems: Problems): WorkflowTask | null => {
  if (isJsonObject(value) && isExport(value.task)) {
    const expected = "a whole task with its commands, as Fractal's API returns a workflow (WorkflowReadV2)";
    problems.addText([...path, 'task'], expected, 'a task of a workflow export (package and name only)');
    return null;
  }
  const shape = workflowTaskSchema.omit({ task: true });
  const wftask = readFields(shape, value, path, problems, 'ignore');
  if (wftask === null) return null;
  const taskValue = isJsonObject(value) ? value.task : undefined;
  const task = readFields(taskSchema, taskValue, [...path, 'task'], problems, 'ignore');
  if (task === null) return null;
  if (wftask.task_type !== undefined && task.type !== undefined && wftask.task_type !== task.type) {
    problems.add([...path, 'task_type'], `"${task.type}", the type of its task`, wftask.task_type);
  }
  checkCommands(task, [...path, 'task'], problems);
  checkArguments(wftask.args_non_parallel, [...path, 'args_non_parallel'], problems);
  checkArguments(wftask.args_parallel, [...path, 'args_parallel'], problems);
  checkTypeFilters(wftask, task, path, problems);
  checkFolder(wftask, task, path, problems);
  if (!isComplete(wftask, shape.shape) || !isComplete(task, taskSchema.shape)) return null;
  const { alias, ...fields } = wftask;
  return { ...fields, ...aliasOf({ alias }), task };
};
