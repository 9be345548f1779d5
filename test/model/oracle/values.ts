/** Values as docs/semantics.md speaks of them, written down once more: nothing of src is used here. */
import type { JsonValue } from '../../../src/wire/request.js';

export type Scalar = number | string | boolean;
/** Maps, since an object would treat a key named `__proto__` as its own. */
export type Dict<T> = Map<string, T>;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const entriesOf = (value: unknown): [string, unknown][] =>
  isObject(value) ? Object.entries(value) : [];

export const field = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** Python's `==` between two JSON values: True is 1. */
export const pythonEqual = (left: unknown, right: unknown): boolean => {
  if (typeof left === 'boolean') return pythonEqual(Number(left), right);
  if (typeof right === 'boolean') return pythonEqual(left, Number(right));
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => pythonEqual(item, right[index]));
  if (isObject(left) && isObject(right))
    return (
      Object.keys(left).length === Object.keys(right).length &&
      Object.keys(left).every((key) => Object.hasOwn(right, key) && pythonEqual(left[key], right[key]))
    );
  return left === right;
};

const STRIPPED = [
  ...[9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x85, 0xa0, 0x1680],
  ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a],
  ...[0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
].map((code) => String.fromCharCode(code));

export const strip = (text: string): string => {
  let rest = text;
  while (STRIPPED.includes(rest.slice(0, 1))) rest = rest.slice(1);
  while (STRIPPED.includes(rest.slice(-1))) rest = rest.slice(0, -1);
  return rest;
};

export const hasControl = (text: string): boolean =>
  [...text].some((character) => {
    const code = character.charCodeAt(0);
    return code < 32 || (code >= 127 && code < 160);
  });

/** `posixpath.normpath` of Python, for a path that begins with a slash. */
const normpath = (path: string): string => {
  const slashes = path.startsWith('//') && !path.startsWith('///') ? '//' : '/';
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return slashes + parts.join('/');
};

/** The one form of an image's url; null when it is none. */
export const oneUrl = (value: unknown): string | null => {
  if (typeof value !== 'string') return null;
  let url = strip(value);
  if (hasControl(url)) return null;
  if (url.startsWith('/')) url = normpath(url);
  else if (url.startsWith('s3://')) {
    while (url.endsWith('/') && url !== 's3://') url = url.slice(0, -1);
    if (url === 's3://') return null;
  } else return null;
  // Two spellings of one url must not be two images: "/a /" has white space at its end only now.
  return url === value ? url : oneUrl(url);
};

/** Of "/" the only part is the empty one before the slash. */
const partsOf = (url: string): string[] => (url.endsWith('/') ? url.slice(0, -1) : url).split('/');

/** Strictly inside, by path. */
export const liesInside = (folder: string, url: string): boolean => {
  const outer = partsOf(folder);
  const inner = partsOf(url);
  return inner.length > outer.length && outer.every((part, index) => part === inner[index]);
};

/** A JSON value with sorted keys, so that two texts are equal when the values are. */
export const sorted = (value: unknown): JsonValue => {
  if (Array.isArray(value)) return value.map(sorted);
  // JSON has one zero.
  if (value === 0) return 0;
  if (value instanceof Map) return sorted(Object.fromEntries(value as Dict<unknown>));
  if (!isObject(value)) return (value ?? null) as JsonValue;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
};
