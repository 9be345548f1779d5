/** Which images a task gets (docs/semantics.md, "Filters"). */
import { equalityKey } from '../wire/canonical-json.js';
import type { AttributeValue, Image } from '../wire/request.js';

export type TypeFilters = Record<string, boolean>;
export type AttributeFilters = Record<string, AttributeValue[]>;

/** A task's `input_types` and its workflow-task's `type_filters` want different values of one type. */
export class FilterConflict extends Error {
  override readonly name = 'FilterConflict';

  constructor(
    readonly key: string,
    readonly inputType: boolean,
    readonly typeFilter: boolean,
  ) {
    super(
      `Type ${JSON.stringify(key)}: the task's input_types say ${String(inputType)}, ` +
        `the workflow-task's type_filters say ${String(typeFilter)}`,
    );
  }
}

/**
 * The type filters of one use of a task.
 *
 * @throws FilterConflict when a key has different values in the two.
 */
export const mergeTaskTypeFilters = (
  inputTypes: TypeFilters,
  wftaskTypeFilters: TypeFilters,
): TypeFilters => {
  for (const [key, typeFilter] of Object.entries(wftaskTypeFilters)) {
    const inputType = Object.hasOwn(inputTypes, key) ? inputTypes[key] : undefined;
    if (inputType !== undefined && inputType !== typeFilter)
      throw new FilterConflict(key, inputType, typeFilter);
  }
  return { ...inputTypes, ...wftaskTypeFilters };
};

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
