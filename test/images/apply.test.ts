import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyOutput, CannotApply, type ApplyInput, type ApplyResult } from '../../src/images/apply.js';
import type { AttributeValue, Image } from '../../src/wire/request.js';
import {
  image,
  imagesArbitrary,
  output,
  typesArbitrary,
  update,
  updateArbitrary,
  urlArbitrary,
} from '../support/images.js';

const apply = (input: Partial<ApplyInput>): ApplyResult =>
  applyOutput({ images: [], output: output([]), zarrDir: '/z', outputTypes: {}, ...input });

/** The rules once more, as plainly as they can be written: lists searched again for every update. */
const quadratic = ({ images, output: given, zarrDir, outputTypes }: ApplyInput): ApplyResult | null => {
  const list: Image[] = images.map((item) => ({ ...item }));
  let numNewImages = 0;
  for (const item of given.image_list_updates) {
    const index = list.findIndex((candidate) => candidate.zarr_url === item.zarr_url);
    const source = list.find((candidate) => candidate.zarr_url === item.origin);
    const existing = index < 0 ? undefined : list[index];
    const isEdit = existing !== undefined && (item.origin === null || item.origin === item.zarr_url);
    const base = isEdit ? existing : source;
    const attributes = new Map<string, AttributeValue | null>(Object.entries(base?.attributes ?? {}));
    for (const [key, value] of Object.entries(item.attributes)) attributes.set(key, value);
    const types = new Map<string, boolean>(Object.entries(base?.types ?? {}));
    for (const [key, value] of Object.entries(item.types)) types.set(key, value);
    for (const [key, value] of Object.entries(outputTypes)) types.set(key, value);
    const next: Image = {
      zarr_url: item.zarr_url,
      origin: isEdit ? existing.origin : item.origin,
      attributes: Object.fromEntries(
        [...attributes].filter(([, value]) => value !== null),
      ) as Image['attributes'],
      types: Object.fromEntries(types),
    };
    if (existing !== undefined) list[index] = next;
    else {
      if (!item.zarr_url.startsWith(`${zarrDir}/`)) return null;
      list.push(next);
      numNewImages += 1;
    }
  }
  for (const url of given.image_list_removals) {
    const index = list.findIndex((candidate) => candidate.zarr_url === url);
    if (index < 0) return null;
    list.splice(index, 1);
  }
  return { images: list, numNewImages };
};

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
};

describe('applyOutput', () => {
  const a = image('/z/a', { origin: '/old', attributes: { k: 1, l: 'x' }, types: { t: true, u: true } });
  const b = image('/z/b', { attributes: { m: 2 }, types: { v: true } });

  it.each([null, '/z/a'])('edits a known image whose update has origin %s', (origin) => {
    const edit = update('/z/a', { origin, attributes: { k: 2, l: null }, types: { t: false } });
    expect(apply({ images: [a, b], output: output([edit]), outputTypes: { u: false } })).toEqual({
      images: [{ zarr_url: '/z/a', origin: '/old', attributes: { k: 2 }, types: { t: false, u: false } }, b],
      numNewImages: 0,
    });
  });

  it('re-creates a known image from another origin, in its place', () => {
    const { images, numNewImages } = apply({
      images: [a, b],
      output: output([update('/z/a', { origin: '/z/b', types: { w: true } })]),
    });
    const expected = image('/z/a', { origin: '/z/b', attributes: { m: 2 }, types: { v: true, w: true } });
    expect(images).toEqual([expected, b]);
    expect(numNewImages).toBe(0);
  });

  it('re-creates from nothing when the origin is unknown', () => {
    const { images } = apply({
      images: [a],
      output: output([update('/z/a', { origin: '/gone', attributes: { n: 1 } })]),
    });
    expect(images).toEqual([image('/z/a', { origin: '/gone', attributes: { n: 1 } })]);
  });

  it('adds new images at the end, with what their origin has', () => {
    const added = [update('/z/c', { origin: '/z/a', attributes: { k: null } }), update('/z/d')];
    const result = apply({ images: [a, b], output: output(added), outputTypes: { u: false } });
    expect(result.images.slice(2)).toEqual([
      image('/z/c', { origin: '/z/a', attributes: { l: 'x' }, types: { t: true, u: false } }),
      image('/z/d', { types: { u: false } }),
    ]);
    expect(result.numNewImages).toBe(2);
  });

  it('lets each update see those before it', () => {
    const chain = [
      update('/z/c', { attributes: { n: 1 } }),
      update('/z/d', { origin: '/z/c', attributes: { m: 2 } }),
      update('/z/c', { attributes: { n: null } }),
      update('/z/e', { origin: '/z/c' }),
    ];
    const { images } = apply({ output: output(chain) });
    expect(images.map((item) => item.attributes)).toEqual([{}, { n: 1, m: 2 }, {}]);
  });

  it('lets output_types win over the update', () => {
    const { images } = apply({
      images: [a],
      output: output([update('/z/a', { types: { t: true } })]),
      outputTypes: { t: false },
    });
    expect(images[0]?.types).toEqual({ t: false, u: true });
  });

  it('removes after all updates', () => {
    const { images } = apply({
      images: [a, b],
      output: output([update('/z/c', { origin: '/z/a' })], ['/z/a']),
    });
    expect(images.map((item) => item.zarr_url)).toEqual(['/z/b', '/z/c']);
  });

  it.each(['/z', '/z2/x', '/other', 's3://z/x'])('refuses the new image %s outside of /z', (url) => {
    expect(() => apply({ output: output([update(url)]) })).toThrow(CannotApply);
    expect(() => apply({ output: output([update(url)]) })).toThrow(url);
  });

  it('edits an image outside of zarr_dir that the dataset has', () => {
    const edit = output([update('/q', { types: { t: true } })]);
    expect(apply({ images: [image('/q')], output: edit })).toEqual({
      images: [image('/q', { types: { t: true } })],
      numNewImages: 0,
    });
  });

  it('refuses to remove an unknown image', () => {
    expect(() => apply({ images: [a], output: output([], ['/z/b']) })).toThrow('/z/b');
  });

  it('equals the plain quadratic rules, changes no input, keeps untouched images as they are', () => {
    fc.assert(
      fc.property(
        imagesArbitrary,
        fc.array(updateArbitrary),
        fc.uniqueArray(urlArbitrary, { maxLength: 2 }),
        typesArbitrary,
        (images, updates, removals, outputTypes) => {
          const input = freeze({ images, output: output(updates, removals), zarrDir: '/z', outputTypes });
          const expected = quadratic(input);
          if (expected === null) {
            expect(() => applyOutput(input)).toThrow(CannotApply);
            return;
          }
          const result = applyOutput(input);
          expect(result).toEqual(expected);
          const untouched = images.filter(
            (item) =>
              !removals.some((url) => url === item.zarr_url) &&
              updates.every((other) => other.zarr_url !== item.zarr_url),
          );
          for (const item of untouched) expect(result.images).toContain(item);
        },
      ),
      { numRuns: 500 },
    );
  });
});
