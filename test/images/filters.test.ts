import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  conflictingTypes,
  effectiveTypeFilters,
  filterImages,
  mergeTaskTypeFilters,
  type AttributeFilters,
  type TypeFilters,
} from '../../src/images/filters.js';
import { image, imagesArbitrary, typesArbitrary } from '../support/images.js';

const six = [
  ['plate.zarr', 'A01', { '3D': true }],
  ['plate.zarr', 'A02', { '3D': true }],
  ['plate.zarr', 'A01', { '3D': true, illum: true }],
  ['plate.zarr', 'A02', { '3D': true, illum: true }],
  ['plate_2d.zarr', 'A01', { '3D': false, illum: true }],
  ['plate_2d.zarr', 'A02', { '3D': false, illum: true }],
].map(([plate, well, types], index) =>
  image(`/z/${index}`, {
    attributes: { plate: plate as string, well: well as string },
    types: types as TypeFilters,
  }),
);

const rows: [AttributeFilters, TypeFilters, number][] = [
  [{}, {}, 6],
  [{ missing: ['x'] }, {}, 0],
  [{}, { missing: true }, 0],
  [{}, { missing: false }, 6],
  [{}, { '3D': true }, 4],
  [{}, { '3D': false }, 2],
  [{ plate: ['plate.zarr'] }, { '3D': true, illum: true }, 2],
  [{ plate: ['plate.zarr'], well: ['A01'] }, { '3D': true, illum: true }, 1],
  [{ well: ['A01'] }, {}, 3],
  [{ well: ['A01', 'A02'] }, {}, 6],
];

describe('filterImages', () => {
  it.each(rows)('attributes %j, types %j: %i images', (attributeFilters, typeFilters, expected) => {
    expect(filterImages(six, typeFilters, attributeFilters).images).toHaveLength(expected);
  });

  it('counts what the type filter leaves, before the attribute filter', () => {
    const { images, numAvailable } = filterImages(six, { illum: true }, { well: ['A02'] });
    expect(numAvailable).toBe(4);
    expect(images.map((item) => item.zarr_url)).toEqual(['/z/3', '/z/5']);
  });

  it.each([
    [1, [true], true],
    [true, [1], true],
    [0, [false], true],
    [1, ['1'], false],
    ['1', [1], false],
    [true, ['true'], false],
    [2, [true], false],
    ['a', ['b', 'a'], true],
  ])('attribute %j is among %j: %s', (value, wanted, expected) => {
    const { images } = filterImages([image('/z/a', { attributes: { k: value } })], {}, { k: wanted });
    expect(images).toHaveLength(expected ? 1 : 0);
  });

  it('does not take what every object has for an attribute or a type', () => {
    expect(filterImages([image('/z/a')], { constructor: false }, {}).images).toHaveLength(1);
    expect(filterImages([image('/z/a')], {}, { toString: ['x'] }).images).toHaveLength(0);
  });

  it('keeps the order and the objects', () => {
    fc.assert(
      fc.property(imagesArbitrary, typesArbitrary, (images, filters) => {
        const kept = filterImages(images, filters, {}).images;
        expect(kept).toEqual(
          images.filter((item) =>
            Object.entries(filters).every(([key, wanted]) => {
              const has = Object.entries(item.types).find(([name]) => name === key)?.[1] ?? false;
              return has === wanted;
            }),
          ),
        );
        for (const item of kept) expect(images).toContain(item);
      }),
    );
  });
});

describe('conflictingTypes', () => {
  it('names the types of which different values are wanted', () => {
    expect(conflictingTypes({ a: true, b: false }, { a: true, b: true, c: true })).toEqual(['b']);
    expect(conflictingTypes({}, { constructor: true })).toEqual([]);
  });
});

describe('mergeTaskTypeFilters', () => {
  it('merges what agrees', () => {
    expect(mergeTaskTypeFilters({ a: true, b: false }, { b: false, c: true })).toEqual({
      a: true,
      b: false,
      c: true,
    });
  });

  it('leaves its inputs alone: two uses of one task are independent', () => {
    const inputTypes = { a: true };
    mergeTaskTypeFilters(inputTypes, { b: true });
    expect(inputTypes).toEqual({ a: true });
  });
});

describe('effectiveTypeFilters', () => {
  it('lets the task override what is carried', () => {
    const carried = { a: true, b: true };
    expect(effectiveTypeFilters(carried, { b: false, c: true })).toEqual({ a: true, b: false, c: true });
    expect(carried).toEqual({ a: true, b: true });
  });
});
