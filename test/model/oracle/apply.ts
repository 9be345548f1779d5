/** Filters, merging, applying (docs/semantics.md), the naive way: lists, and searches from their beginning. */
import type { OracleImage } from './dataset.js';
import type { Update } from './outputs.js';
import { liesInside, pythonEqual, type Dict, type Scalar } from './values.js';

export const passesTypes = (image: OracleImage, filters: Dict<boolean>): boolean =>
  [...filters].every(([key, wanted]) => (image.types.get(key) ?? false) === wanted);

export const passesAttributes = (image: OracleImage, filters: Dict<Scalar[]>): boolean =>
  [...filters].every(
    ([key, wanted]) =>
      image.attributes.has(key) && wanted.some((value) => pythonEqual(value, image.attributes.get(key))),
  );

const content = ({ url, origin, attributes, types }: Update): unknown => [
  url,
  origin,
  Object.fromEntries(attributes),
  Object.fromEntries(types),
];

/** What a task's units returned, together; null when they contradict each other. */
export const merge = (
  outputs: { updates: Update[]; removals: string[] }[],
): { updates: Update[]; removals: string[] } | null => {
  const updates: Update[] = [];
  for (const update of outputs.flatMap((output) => output.updates))
    if (!updates.some((other) => pythonEqual(content(other), content(update)))) updates.push(update);
  const removals = [...new Set(outputs.flatMap((output) => output.removals))];
  const twice = updates.some((update, index) =>
    updates.slice(0, index).some((other) => other.url === update.url),
  );
  const both = updates.some((update) => removals.includes(update.url));
  return twice || both ? null : { updates, removals };
};

const over = <T>(below: Dict<T>, ...above: Dict<T>[]): Dict<T> =>
  new Map([below, ...above].flatMap((dict) => [...dict]));

const withoutNulls = (attributes: Dict<Scalar | null>): Dict<Scalar> =>
  new Map([...attributes].filter((entry): entry is [string, Scalar] => entry[1] !== null));

/** The new image list; null when the output cannot be applied. */
export const apply = (
  before: OracleImage[],
  { updates, removals }: { updates: Update[]; removals: string[] },
  zarrDir: string,
  outputTypes: Dict<boolean>,
): { images: OracleImage[]; added: number } | null => {
  const images = [...before];
  let added = 0;
  for (const update of updates) {
    const place = images.findIndex((image) => image.url === update.url);
    const known = images[place];
    const source = images.find((image) => image.url === update.origin);
    const isEdit = known !== undefined && (update.origin === null || update.origin === update.url);
    if (known === undefined && !liesInside(zarrDir, update.url)) return null;
    const base = isEdit ? known : source;
    const image: OracleImage = {
      url: update.url,
      origin: isEdit ? known.origin : update.origin,
      attributes: withoutNulls(over<Scalar | null>(base?.attributes ?? new Map(), update.attributes)),
      types: over(base?.types ?? new Map<string, boolean>(), update.types, outputTypes),
    };
    if (known === undefined) {
      images.push(image);
      added += 1;
    } else images[place] = image;
  }
  for (const url of removals) {
    const place = images.findIndex((image) => image.url === url);
    if (place === -1) return null;
    images.splice(place, 1);
  }
  return { images, added };
};
