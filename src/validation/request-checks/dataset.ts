import type { Problems } from '../problems.js';
import type { Dataset } from '../../wire/request.js';
import { imagesIn, withoutImages } from '../images-in.js';
import { isJsonObject } from '../schemas/leaf.js';
import { readFields } from '../schemas/read-fields.js';
import { dataset as datasetSchema } from '../schemas/request.js';
import { checkImages } from './images.js';

/**
 * The dataset, urls normalised, or null when something is wrong with it.
 *
 * @param needsImages the first task to run works on images that are there.
 */
export const checkDataset = (
  value: unknown,
  path: readonly PropertyKey[],
  problems: Problems,
  needsImages: boolean,
): Dataset | null => {
  const fields = readFields(datasetSchema.omit({ images: true }), value, path, problems, 'ignore');
  if (fields === null) return null;
  const within = imagesIn(isJsonObject(value) ? (value.images ?? []) : []);
  const given = within.images;
  const place = [...path, 'images', ...within.path];
  const images = checkImages(given, place, problems);
  if (within.partial !== null) problems.addText(place, within.partial.expected, within.partial.got);
  const missing = withoutImages(value);
  if (missing !== null && needsImages) problems.add([...path, 'images'], missing, undefined);
  const imagesFile = fields.images_file ?? null;
  if (imagesFile !== null && Array.isArray(given) && given.length > 0) {
    problems.add([...path, 'images_file'], 'either images or images_file, not both', imagesFile);
  }
  if (fields.zarr_dir === undefined) return null;
  return {
    id: fields.id ?? null,
    name: fields.name ?? null,
    zarr_dir: fields.zarr_dir,
    images,
    images_file: imagesFile,
  };
};
