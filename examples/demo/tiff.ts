/** The smallest TIFF that every reader takes: one uncompressed page of 16-bit grey values (TIFF 6.0, section 4). */

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;

/** Encode `width` x `height` pixels, row by row, as a little-endian TIFF file. */
export const encodeTiff = (pixels: Uint16Array, width: number, height: number): Buffer => {
  const dataBytes = pixels.length * 2;
  const entries: [tag: number, type: number, value: number][] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, 16], // bits per sample
    [259, SHORT, 1], // no compression
    [262, SHORT, 1], // black is zero
    [273, LONG, HEADER_BYTES], // where the only strip lies
    [277, SHORT, 1], // samples per pixel
    [278, LONG, height], // rows of the strip
    [279, LONG, dataBytes], // bytes of the strip
  ];
  const directory = HEADER_BYTES + dataBytes;
  const file = Buffer.alloc(directory + 2 + entries.length * ENTRY_BYTES + 4);
  file.write('II', 0, 'latin1');
  file.writeUInt16LE(42, 2);
  file.writeUInt32LE(directory, 4);
  pixels.forEach((value, i) => file.writeUInt16LE(value, HEADER_BYTES + i * 2));
  file.writeUInt16LE(entries.length, directory);
  entries.forEach(([tag, type, value], i) => {
    const at = directory + 2 + i * ENTRY_BYTES;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(1, at + 4);
    if (type === SHORT) file.writeUInt16LE(value, at + 8);
    else file.writeUInt32LE(value, at + 8);
  });
  return file;
};
