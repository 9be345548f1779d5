import type { Problems } from '../problems.js';
import type { Recovery } from '../../wire/request.js';
import { readFields } from '../schemas/read-fields.js';
import { recovery as recoverySchema } from '../schemas/request.js';

/**
 * What may run again, the entries of tasks laid over what holds for the run. Positions must be those of tasks: a wrong one would silently allow nothing.
 *
 * @param count of tasks; null when the list itself is wrong.
 */
export const checkRecovery = (value: unknown, count: number | null, problems: Problems): Recovery => {
  const recovery = readFields(recoverySchema, value ?? {}, ['recovery'], problems, 'refuse');
  const tasks = recovery?.tasks ?? {};
  if (count !== null) {
    for (const position of Object.keys(tasks)) {
      if (/^(?:0|[1-9]\d*)$/.test(position) && Number(position) < count) continue;
      const expected = `the position of a task, 0 to ${count - 1}`;
      problems.addText(['recovery', 'tasks', position], expected, JSON.stringify(position));
    }
  }
  const ofRun = { rerun_interrupted: recovery?.rerun_interrupted ?? false };
  const laid = Object.entries(tasks).map(([position, own]) => [position, { ...ofRun, ...own }] as const);
  return { ...ofRun, tasks: Object.fromEntries(laid) };
};
