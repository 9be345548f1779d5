/** One text per JSON value: what digests, and comparisons of requests, are made of. Safe in workflow code. */

type WriteScalar = (value: unknown) => string | undefined;

const compareKeys = ([left]: [string, unknown], [right]: [string, unknown]): number =>
  left < right ? -1 : Number(left > right);

const write = (value: unknown, scalar: WriteScalar): string | undefined => {
  if (Array.isArray(value)) return `[${value.map((item) => write(item, scalar) ?? 'null').join(',')}]`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  const members: string[] = [];
  for (const [key, item] of Object.entries(value).sort(compareKeys)) {
    const text = write(item, scalar);
    if (text !== undefined) members.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${members.join(',')}}`;
};

const plainScalar: WriteScalar = (value) => JSON.stringify(value);

// Python's True and False equal 1 and 0, at any depth of a dict or list.
const pythonScalar: WriteScalar = (value) =>
  typeof value === 'boolean' ? JSON.stringify(Number(value)) : plainScalar(value);

/**
 * JSON without white space, the keys of every object sorted by UTF-16 code units. Members that are undefined are left
 * out, as `JSON.stringify` leaves them out.
 */
export const canonicalJson = (value: unknown): string => write(value, plainScalar) ?? 'null';

/** A text that two JSON values share exactly when Python's `==` holds between them: 1, 1.0 and true are the same. */
export const equalityKey = (value: unknown): string => write(value, pythonScalar) ?? 'null';
