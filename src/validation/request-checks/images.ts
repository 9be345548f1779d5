import type { Image } from '../../wire/request.js';
import type { Problems } from '../problems.js';
import { image } from '../schemas/images.js';
import { isJsonObject } from '../schemas/leaf.js';
import { read } from '../schemas/read-fields.js';

/** The url alone, of an image with whatever else; null when it is none. */
const urlOf = (item: unknown): string | null =>
  isJsonObject(item) ? (image.shape.zarr_url.safeParse(item.zarr_url).data ?? null) : null;

/** A list of images, each checked and normalised; a url that comes twice is an error. */
export const checkImages = (value: unknown, path: readonly PropertyKey[], problems: Problems): Image[] => {
  if (!Array.isArray(value)) {
    problems.add(path, 'a list of images', value);
    return [];
  }
  const images: Image[] = [];
  const indexOf = new Map<string, number>();
  value.forEach((item: unknown, index) => {
    const at = [...path, index];
    const checked = read(image, item, at, problems);
    const url = checked === undefined ? urlOf(item) : checked.zarr_url;
    const first = url === null ? undefined : indexOf.get(url);
    if (first !== undefined)
      problems.add([...at, 'zarr_url'], `a url that image ${first} does not have already`, url);
    else if (url !== null) indexOf.set(url, index);
    if (checked !== undefined) images.push(checked);
  });
  return images;
};
