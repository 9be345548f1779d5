/** A JSON Pointer (RFC 6901) from the keys and indices on the way to a value; '' is the whole document. */
export const pointer = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
