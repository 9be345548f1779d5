/** Tasks of a Fractal task package, from the manifest that lies in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from 'shlex';
import type { JsonObject, Task, TaskType, WorkflowTask } from '../../src/wire/request.js';

const MANIFEST_FILE = '__FRACTAL_MANIFEST__.json';

interface ManifestTask {
  name: string;
  type: TaskType;
  executable_non_parallel?: string | null;
  executable_parallel?: string | null;
  input_types?: Record<string, boolean>;
  output_types?: Record<string, boolean>;
  meta_non_parallel?: JsonObject | null;
  meta_parallel?: JsonObject | null;
}

/** A package of tasks that is installed: where it lies and what starts its executables. */
export interface TaskPackage {
  packageDir: string;
  tasks: Map<string, Task>;
}

/**
 * Read a package's manifest (version 2). Commands are `{interpreter} {packageDir}/{executable}`, quoted as a shell
 * would need it, since a runner splits them into words.
 */
export const readTaskPackage = async (packageDir: string, interpreter: string): Promise<TaskPackage> => {
  const manifest = JSON.parse(await readFile(join(packageDir, MANIFEST_FILE), 'utf8')) as {
    task_list: ManifestTask[];
  };
  const command = (executable: string | null | undefined) =>
    executable ? `${quote(interpreter)} ${quote(join(packageDir, executable))}` : null;
  const tasks = manifest.task_list.map((task): Task => ({
    name: task.name,
    type: task.type,
    command_non_parallel: command(task.executable_non_parallel),
    command_parallel: command(task.executable_parallel),
    input_types: task.input_types ?? {},
    output_types: task.output_types ?? {},
    meta_non_parallel: task.meta_non_parallel ?? {},
    meta_parallel: task.meta_parallel ?? {},
  }));
  return { packageDir, tasks: new Map(tasks.map((task) => [task.name, task])) };
};

/** Use of a package's task in a workflow, at place `order` (from 0). */
export const workflowTask = (
  taskPackage: TaskPackage,
  name: string,
  order: number,
  args: { nonParallel?: JsonObject; parallel?: JsonObject } = {},
): WorkflowTask => {
  const task = taskPackage.tasks.get(name);
  if (task === undefined) {
    throw new Error(
      `no task "${name}" in ${taskPackage.packageDir}; it has ${[...taskPackage.tasks.keys()].join(', ')}`,
    );
  }
  return {
    id: order + 1,
    order,
    task_type: task.type,
    args_non_parallel: args.nonParallel ?? {},
    args_parallel: args.parallel ?? {},
    meta_non_parallel: {},
    meta_parallel: {},
    type_filters: {},
    task,
  };
};
