import type { Image } from '../request.js';
import type { Problems } from '../problems.js';
import { image } from '../schemas/images.js';
import { read } from '../schemas/read-fields.js';

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
    if (checked === undefined) return;
    const first = indexOf.get(checked.zarr_url);
    if (first === undefined) {
      indexOf.set(checked.zarr_url, index);
      images.push(checked);
    } else
      problems.add([...at, 'zarr_url'], `a url that image ${first} does not have already`, checked.zarr_url);
  });
  return images;
};
