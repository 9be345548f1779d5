import type { Problems } from '../problems.js';
import type { Recovery } from '../request.js';

/** Positions must be those of tasks: a wrong one would silently allow nothing. */
export const checkRecovery = (recovery: Recovery, count: number | null, problems: Problems): void => {
  if (count === null) return;
  for (const position of Object.keys(recovery.tasks)) {
    if (/^(?:0|[1-9]\d*)$/.test(position) && Number(position) < count) continue;
    const expected = `the position of a task, 0 to ${count - 1}`;
    problems.addText(['recovery', 'tasks', position], expected, JSON.stringify(position));
  }
};
