/** Images with and without a type in one task. */
import { expect, it } from 'vitest';
import { bothTypes } from '../../src/images/both-types.js';
import type { Image, ProcessWorkflowRequest, TaskType } from '../../src/wire/request.js';

const image = (zarr_url: string, types: Record<string, boolean>): Image => ({
  ...{ zarr_url, origin: null, attributes: {}, types },
});
const images = [
  image('/a', { is_3D: true, seen: true }),
  image('/b', { is_3D: false, seen: true }),
  image('/c', { seen: true, other: false }),
];
const requestOf = (job_type_filters: Record<string, boolean> = {}, task_type: TaskType = 'parallel') =>
  ({
    ...{ job_type_filters, job_attribute_filters: {}, first_task_index: 0 },
    workflow: {
      task_list: [{ order: 3, task_type, type_filters: {}, task: { name: 't', input_types: {} } }],
    },
  }) as unknown as ProcessWorkflowRequest;

it('is warned of, a type that is missing counts as false', () => {
  const [warning, ...more] = bothTypes(requestOf(), images);
  expect(more).toEqual([]);
  expect(warning).toContain('task 3 "t" works on 1 images of type is_3D and on 2 that are not');
});

it('is nothing where a filter has chosen, and for a task that makes images', () => {
  expect(bothTypes(requestOf({ is_3D: false }), images)).toEqual([]);
  expect(bothTypes(requestOf({}, 'converter_non_parallel'), images)).toEqual([]);
});
