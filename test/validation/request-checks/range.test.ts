/** Which tasks of the list a run is of: `first_task_index` and `last_task_index`. */
import { describe, expect, it } from 'vitest';
import { validateRequest } from '../../../src/validation/validate-request.js';
import { rawTasks as tasks, withTasks } from '../../support/raw-requests.js';

const pathsOf = (value: unknown): string[] => validateRequest(value).errors.map((error) => error.path);

describe('validateRequest', () => {
  it.each([
    [null, null, 0, 9],
    [2, null, 2, 9],
    [null, 7, 0, 7],
    [3, 3, 3, 3],
    [0, 9, 0, 9],
  ])('range %s to %s of 10 tasks is %i to %i', (first, last, from, to) => {
    const given = { ...withTasks(...tasks(10)), first_task_index: first, last_task_index: last };
    expect(validateRequest(given).request).toMatchObject({ first_task_index: from, last_task_index: to });
  });

  it.each([
    [-1, null, '/first_task_index'],
    [null, -1, '/last_task_index'],
    [10, null, '/first_task_index'],
    [null, 10, '/last_task_index'],
    [5, 4, '/first_task_index'],
    [1.5, null, '/first_task_index'],
    ['1', null, '/first_task_index'],
    [null, true, '/last_task_index'],
  ])('refuses the range %j to %j of 10 tasks', (first, last, path) => {
    expect(pathsOf({ ...withTasks(...tasks(10)), first_task_index: first, last_task_index: last })).toEqual([
      path,
    ]);
  });

  it.each([
    [-1, 10],
    [-1, -2],
  ])('tells both ends of a range when both are wrong: %s to %s', (first, last) => {
    expect(pathsOf({ ...withTasks(...tasks(10)), first_task_index: first, last_task_index: last })).toEqual([
      '/first_task_index',
      '/last_task_index',
    ]);
  });
});
