/** How many images each filter leaves, so that people see which one took the last away. Pure. */
import type { AttributeValue, Image } from '../wire/request.js';
import { filterImages, type AttributeFilters, type TypeFilters } from './filters.js';

export interface FilterStep {
  filter: 'type' | 'attribute';
  key: string;
  /** A type's value, or the values of an attribute of which one is asked for. */
  wanted: boolean | AttributeValue[];
  /** Images that this filter and those before it leave. */
  left: number;
  /** Where it is this filter that leaves none: the names that the images have had until then. */
  there?: string[];
}

const namesIn = (images: readonly Image[], of: 'types' | 'attributes'): string[] => [
  ...new Set(images.flatMap((image) => Object.keys(image[of]))),
];

/** One filter after the other, types first, as `filterImages` applies them. */
export const filterSteps = (
  images: readonly Image[],
  typeFilters: TypeFilters,
  attributeFilters: AttributeFilters,
): FilterStep[] => {
  let left: readonly Image[] = images;
  const types = Object.entries(typeFilters).map(([key, wanted]): FilterStep => {
    const before = left;
    left = filterImages(left, { [key]: wanted }, {}).images;
    const names = left.length === 0 && before.length > 0 ? { there: namesIn(before, 'types') } : {};
    return { filter: 'type', key, wanted, left: left.length, ...names };
  });
  const attributes = Object.entries(attributeFilters).map(([key, wanted]): FilterStep => {
    const before = left;
    left = filterImages(left, {}, { [key]: wanted }).images;
    const names = left.length === 0 && before.length > 0 ? { there: namesIn(before, 'attributes') } : {};
    return { filter: 'attribute', key, wanted, left: left.length, ...names };
  });
  return [...types, ...attributes];
};
