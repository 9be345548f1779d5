import type { Problems } from '../problems.js';

/**
 * The range of tasks to run, inclusive, by position in the sorted list; null means from the first, to the last.
 *
 * @param count of tasks; null when the list itself is wrong.
 */
export const checkRange = (
  given: { first: number | null; last: number | null },
  count: number | null,
  problems: Problems,
): { first: number; last: number } => {
  const first = given.first ?? 0;
  const last = given.last ?? (count ?? 0) - 1;
  if (first < 0) problems.add(['first_task_index'], 'an index, at least 0', first);
  if (given.last !== null && given.last < 0) problems.add(['last_task_index'], 'an index, at least 0', last);
  else if (count !== null && last > count - 1) {
    problems.add(['last_task_index'], `at most ${count - 1}, as the workflow has ${count} tasks`, last);
  } else if (first > last && (count !== null || given.last !== null)) {
    problems.add(['first_task_index'], `at most ${last}, the index of the last task to run`, first);
  }
  return { first, last };
};
