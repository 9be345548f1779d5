/** Lists whose items come again. */
import fc from 'fast-check';
import type { JsonValue } from '../../../src/wire/request.js';

/** Another value that Python takes for the same. */
const spelledOtherwise = (value: JsonValue): JsonValue => {
  if (typeof value === 'boolean') return Number(value);
  if (value === 0 || value === 1) return value === 1;
  if (Array.isArray(value)) return value.map(spelledOtherwise);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, spelledOtherwise(part)]));
};

/** Some come again, as they are or as Python's equal. */
export const withRepetitions = (items: fc.Arbitrary<JsonValue[]>): fc.Arbitrary<JsonValue[]> =>
  fc
    .tuple(
      items,
      fc.array(fc.record({ place: fc.nat({ max: 2 }), otherwise: fc.boolean() }), { maxLength: 3 }),
    )
    .map(([first, again]) => [
      ...first,
      ...again.flatMap(({ place, otherwise }) => {
        const item = first[place];
        if (item === undefined) return [];
        return [otherwise ? spelledOtherwise(item) : item];
      }),
    ]);
