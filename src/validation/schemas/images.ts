/** Images, as a dataset holds them and as a task's output updates them. */
import { z } from 'zod';
import type { AttributeValue } from '../../wire/request.js';
import { isAttributeValue, jsonObject, mapOf, url } from './scalars.js';

const ATTRIBUTE_TYPES = ['string', 'number', 'boolean'];

/** Strict: what a request says is true or false. */
export const types = mapOf({ type: 'boolean' }, 'true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
);

const LAX_BOOLEANS = new Map<unknown, boolean>([
  ...[true, 1, '1', 't', 'true', 'y', 'yes', 'on'].map((value): [unknown, boolean] => [value, true]),
  ...[false, 0, '0', 'f', 'false', 'n', 'no', 'off'].map((value): [unknown, boolean] => [value, false]),
]);

/** A boolean in any spelling that pydantic takes for one (recorded in test/fixtures/python). */
export const laxBoolean = (value: unknown): boolean | undefined =>
  LAX_BOOLEANS.get(typeof value === 'string' ? value.toLowerCase() : value);

const laxTypes = mapOf({ type: ['boolean', 'integer', 'string'] }, 'true or false', laxBoolean);

const attributes = mapOf(
  { type: ATTRIBUTE_TYPES },
  'a number, a string, true or false',
  (value): AttributeValue | undefined => (isAttributeValue(value) ? value : undefined),
);

const attributesOrNull = mapOf(
  { type: [...ATTRIBUTE_TYPES, 'null'] },
  'a number, a string, true, false or null',
  (value): AttributeValue | null | undefined =>
    value === null || isAttributeValue(value) ? value : undefined,
);

const origin = url
  .nullish()
  .transform((value) => value ?? null)
  .describe('Url of the image that this one was made from');

/** An image of a dataset. */
export const image = z
  .object({
    zarr_url: url.describe('Where the OME-Zarr image lies: an absolute path or s3://'),
    origin,
    attributes: attributes.default({}).describe('Scalars by name, e.g. plate and well'),
    types: types.default({}).describe('Booleans by name; a missing one counts as false'),
  })
  .meta({ title: 'Image' });

const imageUpdate = z.object({
  zarr_url: url,
  origin,
  attributes: attributesOrNull.default({}),
  types: laxTypes.default({}),
});

/** What a unit writes to its `--out-json`. */
export const taskOutput = z.strictObject({
  image_list_updates: z.array(imageUpdate).default([]),
  image_list_removals: z.array(url).default([]),
});

/** What a compound's init writes. */
export const initOutput = z.strictObject({
  parallelization_list: z
    .array(z.strictObject({ zarr_url: url, init_args: jsonObject.default({}) }))
    .default([]),
});
