/** Where a workflow differs from that of an earlier run in what must be the same to continue it (docs/continuing.md). Pure. */
import { canonicalJson } from '../wire/canonical-json.js';
import type { InputError } from '../wire/failure.js';
import { pointer } from '../wire/json-pointer.js';
import type { WorkflowTask } from '../wire/request.js';
import { titleInWorkflow } from '../wire/task-title.js';

/** Characters of a value that an error shows. */
const SHOWN = 120;

const shown = (value: unknown): string => {
  const text = canonicalJson(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
};

/** Fields of a workflow-task by their paths; its id is that of a row in some database, its alias is for people. */
const fieldsOf = ({ id: _id, alias: _alias, task, ...wftask }: WorkflowTask): [string[], unknown][] => [
  ...Object.entries(wftask).map(([name, value]): [string[], unknown] => [[name], value]),
  ...Object.entries(task).map(([name, value]): [string[], unknown] => [['task', name], value]),
];

/**
 * Fields in which a task that is taken over differs from the one that the earlier run has done.
 *
 * @param place of the task in the request's `task_list`, as it was given.
 * @param only names of the fields to compare; default: all.
 */
export const taskDifferences = (
  task: WorkflowTask | undefined,
  done: WorkflowTask,
  place: number,
  only?: readonly string[],
): InputError[] => {
  const name = `task ${done.order} "${titleInWorkflow(done)}"`;
  const list = ['workflow', 'task_list'];
  if (task === undefined) {
    const expected = `${name}, which the earlier run has done`;
    return [{ path: pointer(list), expected, got: 'a workflow without it' }];
  }
  const now = new Map(fieldsOf(task).map(([path, value]) => [path.join('/'), value]));
  return fieldsOf(done).flatMap(([path, value]) => {
    if (only !== undefined && !only.includes(path.join('/'))) return [];
    const given = now.get(path.join('/'));
    if (canonicalJson(given) === canonicalJson(value)) return [];
    const expected = `${shown(value)}, as in ${name} that the earlier run has ${only === undefined ? 'done' : 'begun'}`;
    return [{ path: pointer([...list, place, ...path]), expected, got: shown(given) }];
  });
};
