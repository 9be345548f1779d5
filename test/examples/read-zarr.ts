/** An independent reader of Zarr 2 arrays with zlib chunks, to check what the example tasks write. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

interface ArrayMetadata {
  shape: number[];
  chunks: number[];
  dtype: '<u2' | '<u4';
  compressor: { id: string };
  dimension_separator: string;
  fill_value: number;
  order: string;
  zarr_format: number;
}

export const readJson = async <T>(...path: string[]): Promise<T> =>
  JSON.parse(await readFile(join(...path), 'utf8')) as T;

/** Element by element through the chunk grid: slow, and with nothing in common with the writer. */
export const readZarrArray = async (path: string): Promise<{ meta: ArrayMetadata; values: number[] }> => {
  const meta = await readJson<ArrayMetadata>(path, '.zarray');
  const itemBytes = Number(meta.dtype.slice(2));
  const chunks = new Map<string, Buffer>();
  const values: number[] = [];
  const total = meta.shape.reduce((product, length) => product * length, 1);
  const chunkItems = meta.chunks.reduce((product, length) => product * length, 1);
  for (let i = 0; i < total; i++) {
    let rest = i;
    const index = meta.shape.map(() => 0);
    for (let axis = meta.shape.length - 1; axis >= 0; axis--) {
      const length = meta.shape[axis] ?? 1;
      index[axis] = rest % length;
      rest = Math.floor(rest / length);
    }
    const key = index
      .map((at, axis) => Math.floor(at / (meta.chunks[axis] ?? 1)))
      .join(meta.dimension_separator);
    let chunk = chunks.get(key);
    if (chunk === undefined) {
      chunk = inflateSync(await readFile(join(path, key)));
      if (chunk.length !== chunkItems * itemBytes) throw new Error(`${path}/${key}: ${chunk.length} bytes`);
      chunks.set(key, chunk);
    }
    const inside = index.reduce((offset, at, axis) => {
      const length = meta.chunks[axis] ?? 1;
      return offset * length + (at % length);
    }, 0);
    values.push(chunk.readUIntLE(inside * itemBytes, itemBytes));
  }
  return { meta, values };
};
