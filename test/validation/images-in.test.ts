/** What a Fractal server hands out, as images of a request. */
import { expect, it } from 'vitest';
import { imagesIn } from '../../src/validation/images-in.js';
import { validateRequest } from '../../src/validation/validate-request.js';

const images = [{ zarr_url: '/z/a' }, { zarr_url: '/z/b' }];

it.each<[string, unknown, string[]]>([
  ['a list', images, []],
  ['a result or an export', { name: 'x', zarr_dir: '/z', images }, ['images']],
  ['a page with all of them', { total_count: 2, page_size: 2, current_page: 1, items: images }, ['items']],
  ['an older page', { total_count: 2, page_size: 2, current_page: 1, images }, ['images']],
])('%s', (_, content, path) => {
  expect(imagesIn(content)).toEqual({ images, path, partial: null });
});

it('a page with some of them is no list of images', () => {
  const { partial } = imagesIn({ total_count: 7, page_size: 2, current_page: 3, items: images });
  expect(partial?.got).toBe('2 of 7, page 3');
  expect(partial?.expected).toContain('page_size=7');
});

const dataset = { id: 7, name: 'd', project_id: 3, project: { id: 3 }, zarr_dir: '/z' };
const requestWith = (given: unknown, type = 'parallel') => ({
  workflow: {
    name: 'w',
    task_list: [
      {
        ...{ order: 0, task_type: type },
        task: { name: 't', type, command_parallel: 'true', command_non_parallel: 'true' },
      },
    ],
  },
  ...{ dataset: given, workflow_dir_local: '/run' },
});

it("a dataset as the server's API returns it says where its images are", () => {
  const { errors } = validateRequest(requestWith(dataset));
  expect(errors).toHaveLength(1);
  expect(errors[0]?.path).toBe('/dataset/images');
  expect(errors[0]?.expected).toContain('GET /api/v2/project/3/dataset/7/export/');
});

it.each<[string, unknown, string]>([
  ['a task that makes images needs none', dataset, 'converter_non_parallel'],
  ['an empty list is one', { ...dataset, images: [] }, 'parallel'],
  ['images in a file', { ...dataset, images_file: '/images.json' }, 'parallel'],
  ['a page in the place of images', { ...dataset, images: { items: images, total_count: 2 } }, 'parallel'],
])('%s', (_, given, type) => {
  expect(validateRequest(requestWith(given, type)).errors).toEqual([]);
});
