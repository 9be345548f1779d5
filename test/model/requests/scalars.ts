/** Few urls, names and values, so that what units say meets the same images again and again. */
import fc from 'fast-check';
import type { JsonValue } from '../../../src/wire/request.js';

export const ZARR_DIR = '/z/d';
const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** As it is written at last. */
export const plainUrl = fc.constantFrom(...NAMES.map((name) => `${ZARR_DIR}/${name}`));
const spelledUrl = plainUrl.chain((url) =>
  fc.constantFrom(
    `${url}/`,
    ` ${url}\n`,
    url.replace('/z/', '/z//'),
    url.replace('/z/', '/z/x/../'),
    `${url}/.`,
  ),
);
/** Urls as good as any, though no new image may lie there. */
const outsideUrl = fc.constantFrom(
  ...[
    '/z/da',
    '/z/dd/a',
    ZARR_DIR,
    `/${ZARR_DIR}/a`,
    '/elsewhere/a',
    '/',
    's3://b/d/a',
    's3://b/d/a/',
    `${ZARR_DIR}/../x`,
  ],
);
const oddUrl = fc.constantFrom(
  ...[
    `${ZARR_DIR}/a /`,
    `${ZARR_DIR}/ü`,
    `${ZARR_DIR}/it's "a"`,
    `${ZARR_DIR}/%20 $x`,
    `${ZARR_DIR}/e\u0301`,
  ],
);
const invalidUrl: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>(
  ...[
    '',
    'z/d/a',
    'https://x/a',
    's3://',
    `${ZARR_DIR}/a\u0007`,
    `${ZARR_DIR}/a\nb`,
    null,
    3,
    true,
    ['/z/d/a'],
    {},
  ],
);

/** Of an image that the dataset may well have. */
export const knownUrl = fc.oneof(
  { weight: 20, arbitrary: plainUrl },
  { weight: 2, arbitrary: spelledUrl },
  { weight: 1, arbitrary: oddUrl },
);
/** Of an update: it may be new, or where none may be. */
export const anyUrl: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 30, arbitrary: plainUrl },
  { weight: 3, arbitrary: spelledUrl },
  { weight: 1, arbitrary: oddUrl },
  { weight: 3, arbitrary: outsideUrl },
  { weight: 1, arbitrary: invalidUrl },
);

/** The last ones are those by which objects of JavaScript betray themselves. */
export const typeName = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('3D', 'illum', 'reg') },
  { weight: 1, arbitrary: fc.constantFrom(' 3D ', '__proto__', 'constructor', 'a b~/c') },
);
export const attributeName = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('well', 'plate', 'n') },
  { weight: 1, arbitrary: fc.constantFrom(' well', '__proto__', 'toString', 'ü') },
);
export const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom<JsonValue>('A01', 'A02', 1, 0, true, false) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<JsonValue>('1', 'true', '', 1.5, -1, 2 ** 53, 1e-7, 'x\u0000y', 'a\u2028b'),
  },
);

/** Or filters would leave nothing as a rule. */
const mostlyTrue = fc.oneof(
  { weight: 4, arbitrary: fc.constant(true) },
  { weight: 1, arbitrary: fc.constant(false) },
);

export const typesOf = (maxKeys: number): fc.Arbitrary<Record<string, boolean>> =>
  fc.dictionary(typeName, mostlyTrue, { maxKeys, noNullPrototype: true });

export const attributesOf = (maxKeys: number): fc.Arbitrary<Record<string, JsonValue>> =>
  fc.dictionary(attributeName, scalar, { maxKeys, noNullPrototype: true });

/** Most of the time nothing. */
export const rarely = <T>(oneIn: number, common: T, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(common) }, { weight: 1, arbitrary });
