/**
 * The part of Zarr version 2 that these tasks need: groups with attributes, and little-endian unsigned arrays in
 * square chunks of the last two axes, compressed with zlib (https://zarr-specs.readthedocs.io, version 2).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';

/** Side of a chunk in pixels: a field of view of the example, small enough to be read in one piece. */
const CHUNK_SIDE_PX = 256;
/** Fast rather than small: the example's images are noise for the most part. */
const ZLIB_LEVEL = 1;

const TYPED_ARRAYS = { '<u2': Uint16Array, '<u4': Uint32Array };

function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Create a group, or replace the attributes of one that is there. */
export function writeGroup(path, attributes = {}) {
  writeJson(join(path, '.zgroup'), { zarr_format: 2 });
  writeJson(join(path, '.zattrs'), attributes);
}

/** Attributes of a group; `undefined` where there is no group. */
export function readAttributes(path) {
  const file = join(path, '.zattrs');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** Every chunk of an array: its key, the offset of its plane, and the rectangle it covers. */
function* chunksOf(shape) {
  const [height, width] = shape.slice(-2);
  const leading = shape.slice(0, -2);
  const planes = leading.reduce((product, length) => product * length, 1);
  for (let plane = 0; plane < planes; plane++) {
    const index = [];
    let rest = plane;
    for (const length of leading.toReversed()) {
      index.unshift(rest % length);
      rest = Math.floor(rest / length);
    }
    for (let y = 0; y < height; y += CHUNK_SIDE_PX) {
      for (let x = 0; x < width; x += CHUNK_SIDE_PX) {
        const key = [...index, y / CHUNK_SIDE_PX, x / CHUNK_SIDE_PX].join('/');
        const rows = Math.min(CHUNK_SIDE_PX, height - y);
        const columns = Math.min(CHUNK_SIDE_PX, width - x);
        yield { key, start: plane * height * width + y * width + x, rows, columns };
      }
    }
  }
}

/**
 * Write an array of `shape` (C order, the last two axes are y and x) from a Uint16Array or Uint32Array.
 * Chunks at the far edges are padded with zeros, as the format wants it.
 */
export function writeArray(path, shape, data) {
  const dtype = Object.keys(TYPED_ARRAYS).find((key) => data instanceof TYPED_ARRAYS[key]);
  const width = shape.at(-1);
  writeJson(join(path, '.zarray'), {
    zarr_format: 2,
    shape,
    chunks: [...shape.slice(0, -2).map(() => 1), CHUNK_SIDE_PX, CHUNK_SIDE_PX],
    dtype,
    compressor: { id: 'zlib', level: ZLIB_LEVEL },
    fill_value: 0,
    order: 'C',
    filters: null,
    dimension_separator: '/',
  });
  for (const { key, start, rows, columns } of chunksOf(shape)) {
    const chunk = new TYPED_ARRAYS[dtype](CHUNK_SIDE_PX * CHUNK_SIDE_PX);
    for (let row = 0; row < rows; row++) {
      const from = start + row * width;
      chunk.set(data.subarray(from, from + columns), row * CHUNK_SIDE_PX);
    }
    const file = join(path, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, deflateSync(new Uint8Array(chunk.buffer), { level: ZLIB_LEVEL }));
  }
}

/** Read an array that `writeArray` wrote: `{ shape, data }`. */
export function readArray(path) {
  const meta = JSON.parse(readFileSync(join(path, '.zarray'), 'utf8'));
  const { shape, dtype, chunks } = meta;
  const TypedArray = TYPED_ARRAYS[dtype];
  if (TypedArray === undefined || meta.compressor?.id !== 'zlib' || chunks.at(-1) !== CHUNK_SIDE_PX) {
    throw new Error(`${path}: only arrays that these example tasks wrote can be read`);
  }
  const width = shape.at(-1);
  const data = new TypedArray(shape.reduce((product, length) => product * length, 1));
  for (const { key, start, rows, columns } of chunksOf(shape)) {
    const bytes = inflateSync(readFileSync(join(path, key)));
    const chunk = new TypedArray(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    for (let row = 0; row < rows; row++) {
      const from = row * CHUNK_SIDE_PX;
      data.set(chunk.subarray(from, from + columns), start + row * width);
    }
  }
  return { shape, data };
}
