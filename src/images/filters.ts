/** Which images a task gets (docs/semantics.md, "Filters"). */
import { equalityKey } from '../wire/canonical-json.js';
import type { AttributeValue, Image } from '../wire/request.js';

export type TypeFilters = Record<string, boolean>;
export type AttributeFilters = Record<string, AttributeValue[]>;

/** Types of which a task's `input_types` and its workflow-task's `type_filters` want different values. */
export const conflictingTypes = (inputTypes: TypeFilters, wftaskTypeFilters: TypeFilters): string[] =>
  Object.entries(wftaskTypeFilters)
    .filter(([key, wanted]) => Object.hasOwn(inputTypes, key) && inputTypes[key] !== wanted)
    .map(([key]) => key);

/** The type filters of one use of a task; the two contradict each other in no request that was not refused. */
export const mergeTaskTypeFilters = (
  inputTypes: TypeFilters,
  wftaskTypeFilters: TypeFilters,
): TypeFilters => ({ ...inputTypes, ...wftaskTypeFilters });

/** The filters that hold for a task: those carried along the run, overridden by the task's own. */
export const effectiveTypeFilters = (carried: TypeFilters, taskTypeFilters: TypeFilters): TypeFilters => ({
  ...carried,
  ...taskTypeFilters,
});

const matchesTypes = (image: Image, filters: [string, boolean][]): boolean =>
  filters.every(([key, wanted]) => (Object.hasOwn(image.types, key) ? image.types[key] : false) === wanted);

const matchesAttributes = (image: Image, filters: [string, Set<string>][]): boolean =>
  filters.every(
    ([key, wanted]) => Object.hasOwn(image.attributes, key) && wanted.has(equalityKey(image.attributes[key])),
  );

/**
 * Types first, then attributes; the order of `images` is kept. A missing type counts as false, a missing attribute
 * matches nothing; values are compared as Python does (1 equals true).
 *
 * @returns the images left, and `numAvailable`: how many the type filters alone leave.
 */
export const filterImages = (
  images: readonly Image[],
  typeFilters: TypeFilters,
  attributeFilters: AttributeFilters,
): { images: Image[]; numAvailable: number } => {
  const types = Object.entries(typeFilters);
  const attributes = Object.entries(attributeFilters).map(([key, values]): [string, Set<string>] => [
    key,
    new Set(values.map(equalityKey)),
  ]);
  const available = images.filter((image) => matchesTypes(image, types));
  return {
    images: available.filter((image) => matchesAttributes(image, attributes)),
    numAvailable: available.length,
  };
};
