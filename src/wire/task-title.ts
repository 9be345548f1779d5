/** How a workflow-task is called where people read it. Its files and its job's name have the task's own name. Pure. */

export interface Named {
  name: string;
  /** The user's own name of the workflow-task; absent: none. */
  alias?: string | null;
}

/** `Nuclei (Cellpose Segmentation)`, or the task's name alone. */
export const taskTitle = ({ name, alias }: Named): string => (alias ? `${alias} (${name})` : name);

/** The same of a workflow-task as its workflow holds it. */
export const titleInWorkflow = ({ alias, task }: { alias?: string | null; task: { name: string } }): string =>
  taskTitle({ name: task.name, alias });

/** The field of a record that has one only where there is an alias. */
export const aliasOf = ({ alias }: { alias?: string | null }): { alias?: string } => (alias ? { alias } : {});
