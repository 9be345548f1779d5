import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeTiff } from '../../../examples/demo/tiff.js';

/** Tags of the first directory, read the way TIFF 6.0 describes it. */
const tagsOf = (file: Buffer) => {
  expect(file.toString('latin1', 0, 2)).toBe('II');
  expect(file.readUInt16LE(2)).toBe(42);
  const directory = file.readUInt32LE(4);
  const count = file.readUInt16LE(directory);
  const tags = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + i * 12;
    const short = file.readUInt16LE(at + 2) === 3;
    tags.set(file.readUInt16LE(at), short ? file.readUInt16LE(at + 8) : file.readUInt32LE(at + 8));
  }
  expect(file.readUInt32LE(directory + 2 + count * 12)).toBe(0);
  expect([...tags.keys()]).toEqual([...tags.keys()].toSorted((a, b) => a - b));
  return tags;
};

it('holds the pixels where its tags say, whatever the size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (width, height) => {
      const pixels = Uint16Array.from({ length: width * height }, (_, i) => (i * 2654435761) % 65536);
      const file = encodeTiff(pixels, width, height);
      const tags = tagsOf(file);
      expect([tags.get(256), tags.get(257), tags.get(258), tags.get(259)]).toEqual([width, height, 16, 1]);
      const strip = tags.get(273) ?? 0;
      expect(tags.get(279)).toBe(pixels.length * 2);
      pixels.forEach((value, i) => expect(file.readUInt16LE(strip + i * 2)).toBe(value));
    }),
  );
});
