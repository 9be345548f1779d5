/**
 * Fractal's filter by the status of images: an attribute of a reserved name, which the runner answers itself from the
 * earlier run that a request continues (docs/continuing.md). Pure.
 *
 * As Fractal's server does it: each image gets the status for the first task that is run as an attribute, goes through all
 * tasks with it, hands it on to images that are made from it, and has it no more in any result.
 */
import type { Image } from '../wire/request.js';

export const IMAGE_STATUS_ATTRIBUTE = '__wftask_dataset_image_status__';

export const imageStatuses = ['done', 'failed', 'submitted', 'unset'] as const;

export type ImageStatus = (typeof imageStatuses)[number];

/** @param statuses of the images that the task was given; all others are `unset`. */
export const withStatus = (images: Image[], statuses: ReadonlyMap<string, ImageStatus>): Image[] =>
  images.map((image) => ({
    ...image,
    attributes: { ...image.attributes, [IMAGE_STATUS_ATTRIBUTE]: statuses.get(image.zarr_url) ?? 'unset' },
  }));

export const withoutStatus = (image: Image): Image => {
  if (!Object.hasOwn(image.attributes, IMAGE_STATUS_ATTRIBUTE)) return image;
  const { [IMAGE_STATUS_ATTRIBUTE]: _status, ...attributes } = image.attributes;
  return { ...image, attributes };
};

export interface JudgedUnit {
  /** The image that the unit works on; null for a single or init part. */
  zarr_url: string | null;
  /** Images that a single or init part was given. */
  given: readonly string[] | null;
  state: 'done' | 'failed' | 'interrupted' | 'open';
}

/**
 * Statuses of the images that a task's units were given. Units of a compound fail together, and its images are those of
 * its init.
 *
 * @param applied the task has ended: what is not done has failed. Else it is still `submitted`.
 */
export const statusesOf = (
  units: readonly JudgedUnit[],
  isCompound: boolean,
  applied: boolean,
): Map<string, ImageStatus> => {
  const statusOf = ({ state }: JudgedUnit): ImageStatus => {
    if (state === 'done') return 'done';
    return applied || state === 'failed' ? 'failed' : 'submitted';
  };
  const all = units.map(statusOf);
  const together = (['failed', 'submitted'] as const).find((status) => all.includes(status)) ?? 'done';
  const statuses = new Map<string, ImageStatus>();
  for (const [index, { zarr_url: url, given }] of units.entries()) {
    const own = isCompound ? together : (all[index] ?? 'unset');
    if (given !== null) for (const image of given) statuses.set(image, own);
    else if (!isCompound && url !== null) statuses.set(url, own);
  }
  return statuses;
};
