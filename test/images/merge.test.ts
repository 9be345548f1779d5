import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergeConflict, mergeOutputs } from '../../src/images/merge.js';
import { output, update, updateArbitrary, urlArbitrary } from '../support/images.js';

describe('mergeOutputs', () => {
  it('keeps the order of the units', () => {
    const merged = mergeOutputs([output([update('/b'), update('/a')]), output([update('/c')], ['/r'])]);
    expect(merged.image_list_updates.map((item) => item.zarr_url)).toEqual(['/b', '/a', '/c']);
    expect(merged.image_list_removals).toEqual(['/r']);
  });

  it('drops exact repetitions, the first one stays', () => {
    const first = update('/a', { attributes: { n: 1, m: 'x' }, types: { t: true } });
    const again = update('/a', { types: { t: true }, attributes: { m: 'x', n: true } });
    const merged = mergeOutputs([output([first]), output([again], ['/r', '/r']), output([], ['/r'])]);
    expect(merged.image_list_updates).toEqual([first]);
    expect(merged.image_list_removals).toEqual(['/r']);
  });

  it('refuses one image with different contents, and names it', () => {
    const outputs = [output([update('/a')]), output([update('/a', { origin: '/b' })])];
    expect(() => mergeOutputs(outputs)).toThrow(MergeConflict);
    expect(() => mergeOutputs(outputs)).toThrow('/a');
    expect(() => mergeOutputs([output([update('/a', { attributes: { n: '1' } }), update('/a')])])).toThrow(
      MergeConflict,
    );
  });

  it('refuses an image that is both updated and removed', () => {
    expect(() => mergeOutputs([output([update('/a')]), output([], ['/a'])])).toThrow(MergeConflict);
    expect(() => mergeOutputs([output([], ['/a']), output([update('/a')])])).toThrow('/a');
  });

  it('names only the first few of many', () => {
    const urls = Array.from({ length: 20 }, (_, index) => `/i${index}`);
    const outputs = [output(urls.map((url) => update(url))), output([], urls)];
    expect(() => mergeOutputs(outputs)).toThrow(/\/i0, \/i1, \/i2, \/i3, \/i4 and 15 more$/);
  });

  it('is the output of nothing for no outputs', () => {
    expect(mergeOutputs([])).toEqual(output([]));
  });

  it('does not depend on how the updates are spread over units', () => {
    const updates = fc.uniqueArray(updateArbitrary, { selector: (item) => item.zarr_url });
    fc.assert(
      fc.property(updates, fc.uniqueArray(urlArbitrary), (list, urls) => {
        const removals = urls.filter((url) => list.every((item) => item.zarr_url !== url));
        const atOnce = mergeOutputs([output([...list, ...list], removals)]);
        const single = [...list.map((item) => output([item])), ...removals.map((url) => output([], [url]))];
        expect(mergeOutputs([...single, ...single])).toEqual(atOnce);
        expect(atOnce).toEqual(output(list, removals));
      }),
    );
  });
});
