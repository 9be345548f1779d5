/** A task's merged output applied to the image list (docs/semantics.md, "Applying"). */
import type { AttributeValue, Image } from '../wire/request.js';
import type { ImageUpdate, TaskOutput } from '../wire/task-output.js';
import type { TypeFilters } from './filters.js';
import { isInside } from './urls.js';

/** The output does not fit the image list; nothing of it counts. `message` says which image and why. */
export class CannotApply extends Error {
  override readonly name = 'CannotApply';
}

export interface ApplyInput {
  images: readonly Image[];
  output: TaskOutput;
  /** Normalised; new images lie strictly inside. */
  zarrDir: string;
  /** The task's `output_types`: they win over what its units say. */
  outputTypes: TypeFilters;
}

export interface ApplyResult {
  images: Image[];
  numNewImages: number;
}

type Base = Pick<Image, 'origin' | 'attributes' | 'types'>;

const withoutNulls = (attributes: Record<string, AttributeValue | null>): Record<string, AttributeValue> => {
  const entries = Object.entries(attributes);
  return Object.fromEntries(entries.filter((entry): entry is [string, AttributeValue] => entry[1] !== null));
};

/**
 * Updates in order, each seeing the effect of those before: an edited or re-created image keeps its place, a new one
 * goes to the end; then the removals. Costs O(images + updates). Inputs are not changed, and images that no update
 * names are the same objects in the result.
 *
 * @throws CannotApply for a new image outside `zarrDir` and for the removal of an unknown one.
 */
export const applyOutput = ({ images, output, zarrDir, outputTypes }: ApplyInput): ApplyResult => {
  const current = new Map<string, Image>(images.map((image) => [image.zarr_url, image]));
  let numNewImages = 0;

  const startFrom = (update: ImageUpdate, known: Image | undefined): Base => {
    const { origin, zarr_url: url } = update;
    if (known !== undefined && (origin === null || origin === url)) return known;
    const source = origin === null ? undefined : current.get(origin);
    return { origin, attributes: source?.attributes ?? {}, types: source?.types ?? {} };
  };

  for (const update of output.image_list_updates) {
    const url = update.zarr_url;
    const known = current.get(url);
    if (known === undefined) {
      if (!isInside(zarrDir, url)) {
        throw new CannotApply(`New image ${url} does not lie inside the dataset's zarr_dir ${zarrDir}`);
      }
      numNewImages += 1;
    }
    const base = startFrom(update, known);
    // A Map keeps the place of a key that is set again: the image list keeps its order.
    current.set(url, {
      zarr_url: url,
      origin: base.origin,
      attributes: withoutNulls({ ...base.attributes, ...update.attributes }),
      types: { ...base.types, ...update.types, ...outputTypes },
    });
  }
  for (const url of output.image_list_removals) {
    if (!current.delete(url))
      throw new CannotApply(`Image ${url} cannot be removed: the dataset does not have it`);
  }
  return { images: [...current.values()], numNewImages };
};
