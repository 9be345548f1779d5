/** Short ways to write images and outputs in tests. */
import fc from 'fast-check';
import type { AttributeValue, Image } from '../../src/wire/request.js';
import type { ImageUpdate, TaskOutput } from '../../src/wire/task-output.js';

export const image = (zarr_url: string, rest: Partial<Image> = {}): Image => ({
  zarr_url,
  origin: null,
  attributes: {},
  types: {},
  ...rest,
});

export const update = (zarr_url: string, rest: Partial<ImageUpdate> = {}): ImageUpdate => ({
  zarr_url,
  origin: null,
  attributes: {},
  types: {},
  ...rest,
});

export const output = (updates: ImageUpdate[], removals: string[] = []): TaskOutput => ({
  image_list_updates: updates,
  image_list_removals: removals,
});

export const noOutput: TaskOutput = { image_list_updates: [], image_list_removals: [] };

// Few urls, keys and values, so that updates meet the same images again and again.
export const urlArbitrary = fc.constantFrom('/z/a', '/z/b', '/z/c', '/z/d', '/z/e', '/z/f');
const key = fc.constantFrom('k', 'l', 'constructor');
const value: fc.Arbitrary<AttributeValue> = fc.constantFrom(0, 1, 2.5, 'x', '1', true, false);

export const typesArbitrary = fc.dictionary(key, fc.boolean());

export const imageArbitrary: fc.Arbitrary<Image> = fc.record({
  zarr_url: urlArbitrary,
  origin: fc.option(urlArbitrary),
  attributes: fc.dictionary(key, value),
  types: typesArbitrary,
});

export const imagesArbitrary = fc.uniqueArray(imageArbitrary, { selector: (item) => item.zarr_url });

export const updateArbitrary: fc.Arbitrary<ImageUpdate> = fc.record({
  zarr_url: urlArbitrary,
  origin: fc.option(urlArbitrary),
  attributes: fc.dictionary(key, fc.option(value)),
  types: typesArbitrary,
});
