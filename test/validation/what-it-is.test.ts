/** JSON that a Fractal server or this runner hands out, in the place of a request. */
import { expect, it } from 'vitest';
import { validateRequest } from '../../src/validation/validate-request.js';

it.each<[object, string]>([
  [{ id: 7, name: 'd', project_id: 3, zarr_dir: '/z' }, 'a dataset without images'],
  [{ name: 'd', zarr_dir: '/z', images: [] }, 'a dataset with its images'],
  [{ id: 1, name: 'w', task_list: [] }, 'a workflow'],
  [{ total_count: 2, page_size: 2, current_page: 1, items: [] }, 'a page of an image query'],
  [{ status: 'done', images: [], task_runs: [] }, 'the result of a run'],
  [{ zarr_url: '/z/a', types: {} }, 'one image'],
  [{ detail: 'Unauthorized' }, 'an error of a Fractal server: "Unauthorized"'],
])('%j is said to be %s, and nothing else', (value, words) => {
  expect(validateRequest(value).errors).toEqual([
    {
      path: '',
      expected: 'a request {workflow, dataset, workflow_dir_local, ...} (docs/request.md)',
      got: words,
    },
  ]);
});

it('a request with a part of it is told what is wrong with each field', () => {
  const { errors } = validateRequest({ dataset: { zarr_dir: '/z' }, zarr_dir: '/z' });
  expect(errors.map(({ path }) => path)).toEqual(expect.arrayContaining(['/zarr_dir', '/workflow']));
});
