import { settleRecovery } from '../../outcomes/settle-recovery.js';
import type { GivenRecovery, Recovery } from '../../wire/recovery.js';
import type { Problems } from '../problems.js';
import { readFields } from '../schemas/read-fields.js';
import { recovery as recoverySchema } from '../schemas/recovery.js';

/**
 * What may run again: the request's keys over the worker's defaults, the entries of tasks over both. Positions must be
 * those of tasks: a wrong one would silently allow nothing.
 *
 * @param count of tasks; null when the list itself is wrong.
 */
export const checkRecovery = (
  value: unknown,
  count: number | null,
  defaults: GivenRecovery,
  problems: Problems,
): Recovery => {
  const recovery = readFields(recoverySchema, value ?? {}, ['recovery'], problems, 'refuse');
  const { tasks = {}, ...ofRun } = recovery ?? {};
  if (count !== null) {
    for (const position of Object.keys(tasks)) {
      if (/^(?:0|[1-9]\d*)$/.test(position) && Number(position) < count) continue;
      const expected = `the position of a task, 0 to ${count - 1}`;
      problems.addText(['recovery', 'tasks', position], expected, JSON.stringify(position));
    }
  }
  return settleRecovery(defaults, ofRun, tasks);
};
