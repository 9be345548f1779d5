/** A request's dataset (docs/request.md). */
import { booleans, type Path, type Paths } from './paths.js';
import { field, hasControl, isObject, oneUrl, type Dict, type Scalar } from './values.js';

export interface OracleImage {
  url: string;
  origin: string | null;
  attributes: Dict<Scalar>;
  types: Dict<boolean>;
}

const scalar = (value: unknown): Scalar | undefined =>
  ['number', 'string', 'boolean'].includes(typeof value) ? (value as Scalar) : undefined;

const checkImage = (value: unknown, path: Path, paths: Paths): OracleImage | null => {
  if (!isObject(value)) return paths.add(path);
  const url = oneUrl(field(value, 'zarr_url'));
  if (url === null) paths.add([...path, 'zarr_url']);
  const given = field(value, 'origin') ?? null;
  const origin = given === null ? null : oneUrl(given);
  if (given !== null && origin === null) paths.add([...path, 'origin']);
  const attributes = 'attributes' in value ? field(value, 'attributes') : {};
  const types = 'types' in value ? field(value, 'types') : {};
  return {
    url: url ?? '',
    origin,
    attributes: paths.dict(attributes, [...path, 'attributes'], scalar) ?? new Map(),
    types: booleans(types, [...path, 'types'], paths) ?? new Map(),
  };
};

const checkImages = (value: unknown, path: Path, paths: Paths): OracleImage[] => {
  if (!Array.isArray(value)) return paths.add(path) ?? [];
  const images: OracleImage[] = [];
  value.forEach((item: unknown, index) => {
    const image = checkImage(item, [...path, index], paths);
    if (image === null || image.url === '') return;
    if (images.some((other) => other.url === image.url)) paths.add([...path, index, 'zarr_url']);
    images.push(image);
  });
  return images;
};

/** @param file content of the `images_file`, where the dataset names one. */
export const checkDataset = (
  value: unknown,
  file: unknown,
  paths: Paths,
): { images: OracleImage[]; zarrDir: string } | null => {
  if (!isObject(value)) return paths.add(['dataset']);
  const zarrDir = oneUrl(field(value, 'zarr_dir'));
  if (zarrDir === null) paths.add(['dataset', 'zarr_dir']);
  const name = field(value, 'name') ?? null;
  if (name !== null && (typeof name !== 'string' || hasControl(name))) paths.add(['dataset', 'name']);
  const id = field(value, 'id') ?? null;
  if (id !== null && !Number.isSafeInteger(id)) paths.add(['dataset', 'id']);
  const given = field(value, 'images') ?? [];
  const images = checkImages(given, ['dataset', 'images'], paths);
  const fileGiven = (field(value, 'images_file') ?? null) !== null;
  if (fileGiven && Array.isArray(given) && given.length > 0) paths.add(['dataset', 'images_file']);
  if (!fileGiven || paths.any) return { images, zarrDir: zarrDir ?? '' };
  return { images: checkImages(file, ['dataset', 'images_file'], paths), zarrDir: zarrDir ?? '' };
};
