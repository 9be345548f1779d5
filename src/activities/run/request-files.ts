/** Parts of a request that travel as files, because they are larger than what Temporal carries. */
import { readState, sha256 } from '../../state/files.js';
import { errorCode, StorageFailed } from '../../state/errors.js';
import { readWhole } from '../../state/read-file.js';
import { canonicalJson } from '../../wire/canonical-json.js';
import type { InputError } from '../../wire/failure.js';
import { JsonError, parseJson } from '../../wire/parse-json.js';
import type { Dataset, Image } from '../../wire/request.js';
import { validateImages } from '../../validation/validate-request.js';
import { imagesIn, withoutImages } from '../../validation/images-in.js';
import { whatItIs } from '../../validation/what-it-is.js';
import { describe } from '../../validation/problems.js';
import { didYouMeanFile } from './near-file.js';
import { InvalidRequest } from '../errors.js';

/** The argument of a run whose request was spilled to a file (src/client/request.ts). */
interface SpilledRequest {
  request_file: string;
  sha256: string;
}

const isSpilled = (value: unknown): value is SpilledRequest =>
  typeof value === 'object' &&
  value !== null &&
  'request_file' in value &&
  typeof value.request_file === 'string' &&
  'sha256' in value &&
  typeof value.sha256 === 'string';

/** Files of ours and of others hold a JSON value a line, which is no JSON: its reader's words do not say so. */
const linesWords = (text: string): string | null => {
  const [first = '', ...rest] = text.split('\n', 2);
  try {
    const isOne = rest.length > 0 && first.startsWith('{') && JSON.parse(first) !== null;
    return isOne ? 'a JSON object a line (`jq -s . FILE` makes a list of them)' : null;
  } catch {
    return null;
  }
};

const parse = (text: string, pointer: string, path: string): unknown => {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new InvalidRequest([
      { path: pointer, expected: 'a file of JSON', got: `${path}: ${linesWords(text) ?? error.message}` },
    ]);
  }
};

/** SHA-256 (hex) of a request's canonical JSON, by which the same request is known again (src/client/request.ts). */
export const digestOfRequest = (value: unknown): string =>
  isSpilled(value) ? value.sha256 : sha256(canonicalJson(value));

/** The request itself: as given, or read from the file that it was spilled to. */
export const unspill = async (value: unknown): Promise<unknown> => {
  if (!isSpilled(value)) return value;
  const bytes = await readState({ path: value.request_file, sha256: value.sha256 });
  return parse(bytes.toString('utf8'), '', value.request_file);
};

/** Why a file of images cannot be read, in words; null for a fault that may pass. */
const whyUnreadable = async (path: string, error: unknown): Promise<string | null> => {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return `${path}, which is not there${await didYouMeanFile(path)}`;
  if (code === 'EISDIR') return `${path}, which is a folder`;
  return code === 'EACCES' || code === 'EPERM' ? `${path}, which its user has no right to read` : null;
};

const LIST = "a list of images, a page of an image query, a dataset's export or the result.json of a run";

/** The dataset's images: those of the request, or read from `images_file`. */
export const loadImages = async (dataset: Dataset): Promise<{ images: Image[]; errors: InputError[] }> => {
  const path = dataset.images_file;
  if (path === null) return { images: dataset.images, errors: [] };
  const pointer = '/dataset/images_file';
  let text: string;
  try {
    text = (await readWhole(path)).toString('utf8');
  } catch (error) {
    const got = await whyUnreadable(path, error);
    if (got === null) throw new StorageFailed(path, 'cannot read', error);
    return { images: [], errors: [{ path: pointer, expected: 'a JSON file that the worker can read', got }] };
  }
  const content = parse(text, pointer, path);
  const { images, path: place, partial } = imagesIn(content);
  const at = [pointer, ...place].join('/');
  if (!Array.isArray(images)) {
    const missing = withoutImages(content);
    const got = `${path}: ${whatItIs(content) ?? describe(content)}`;
    return { images: [], errors: [{ path: at, expected: missing ?? LIST, got }] };
  }
  if (partial !== null) return { images: [], errors: [{ path: at, ...partial }] };
  return validateImages(images, at);
};
