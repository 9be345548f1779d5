/**
 * OME-Zarr 0.4 (https://ngff.openmicroscopy.org/0.4): plates, wells, images with pyramids, labels; and Fractal's
 * tables in their CSV form, so that the results open in napari, ngio and the rest of that world.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readArray, readAttributes, writeArray, writeGroup } from './zarr.mjs';

const VERSION = '0.4';
/** Resolution levels of a pyramid, each half as wide and high as the one before. */
const LEVELS = 3;

const unique = (values) => [...new Set(values)].sort();

/** Create plate, rows and wells; `wells` are `{ row, column }`, images come later with `addImageToWell`. */
export function createPlate(plateUrl, { name, wells }) {
  const rows = unique(wells.map((well) => well.row));
  const columns = unique(wells.map((well) => well.column));
  writeGroup(plateUrl, {
    plate: {
      version: VERSION,
      name,
      rows: rows.map((row) => ({ name: row })),
      columns: columns.map((column) => ({ name: column })),
      wells: wells.map(({ row, column }) => ({
        path: `${row}/${column}`,
        rowIndex: rows.indexOf(row),
        columnIndex: columns.indexOf(column),
      })),
      acquisitions: [{ id: 0, name: 'acquisition 0' }],
      field_count: 1,
    },
  });
  for (const row of rows) writeGroup(join(plateUrl, row));
  for (const { row, column } of wells)
    writeGroup(join(plateUrl, row, column), { well: { version: VERSION, images: [] } });
}

/**
 * Tell a well of a new image. Read, change, write: units that run at once must not share a well, or one of the
 * changes is lost. Here every unit has a well of its own.
 */
export function addImageToWell(imageUrl, acquisition = 0) {
  const wellUrl = dirname(imageUrl);
  const path = imageUrl.slice(wellUrl.length + 1);
  const { well } = readAttributes(wellUrl);
  const images = [...well.images.filter((image) => image.path !== path), { path, acquisition }];
  writeGroup(wellUrl, { well: { ...well, images } });
}

function halve(shape, data, averaged) {
  const [height, width] = shape.slice(-2);
  const [h, w] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const planes = data.length / (height * width);
  const half = new data.constructor(planes * h * w);
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < h; y++) {
      const top = plane * height * width + 2 * y * width;
      const down = 2 * y + 1 < height ? width : 0;
      for (let x = 0; x < w; x++) {
        const at = top + 2 * x;
        const right = 2 * x + 1 < width ? 1 : 0;
        const sum = data[at] + data[at + right] + data[at + down] + data[at + down + right];
        half[(plane * h + y) * w + x] = averaged ? Math.round(sum / 4) : data[at];
      }
    }
  }
  return { shape: [...shape.slice(0, -2), h, w], data: half };
}

/** Arrays `0`, `1`, ... and the `multiscales` attribute that describes them. `averaged: false` for labels. */
function writePyramid(url, { axes, scale, shape, data, averaged }) {
  const datasets = [];
  let level = { shape, data };
  for (let i = 0; i < LEVELS; i++) {
    if (i > 0) level = halve(level.shape, level.data, averaged);
    writeArray(join(url, String(i)), level.shape, level.data);
    const factors = axes.map((axis, k) => (axis === 'y' || axis === 'x' ? scale[k] * 2 ** i : scale[k]));
    datasets.push({ path: String(i), coordinateTransformations: [{ type: 'scale', scale: factors }] });
  }
  const axisEntries = axes.map((name) =>
    name === 'c' ? { name, type: 'channel' } : { name, type: 'space', unit: 'micrometer' },
  );
  return [{ version: VERSION, axes: axisEntries, datasets }];
}

/**
 * Write an image: `axes` such as ['c', 'z', 'y', 'x'], `scale` in micrometers in the same order (1 for c),
 * `shape`, `data` (Uint16Array, C order) and `channels` (labels, one for each c).
 */
export function writeImage(imageUrl, { axes, scale, shape, data, channels }) {
  const multiscales = writePyramid(imageUrl, { axes, scale, shape, data, averaged: true });
  const end = data.reduce((highest, value) => Math.max(highest, value), 0);
  const omeroChannels = channels.map((label) => ({
    label,
    wavelength_id: label,
    color: '00FFFF',
    active: true,
    window: { min: 0, max: 65535, start: 0, end },
  }));
  writeGroup(imageUrl, { multiscales, omero: { version: VERSION, channels: omeroChannels } });
}

/** Full resolution and description of an image: `{ axes, scale, shape, data, channels }`. */
export function readImage(imageUrl) {
  const attributes = readAttributes(imageUrl);
  if (attributes?.multiscales === undefined) throw new Error(`${imageUrl} is not an OME-Zarr image`);
  const [{ axes, datasets }] = attributes.multiscales;
  return {
    axes: axes.map((axis) => axis.name),
    scale: datasets[0].coordinateTransformations[0].scale,
    channels: attributes.omero?.channels.map((channel) => channel.label) ?? [],
    ...readArray(join(imageUrl, datasets[0].path)),
  };
}

/** Add `name` to a group that lists its members, such as `labels` and `tables`. */
function addMember(groupUrl, key, name) {
  const members = readAttributes(groupUrl)?.[key] ?? [];
  writeGroup(groupUrl, { [key]: unique([...members, name]) });
}

/** Write a label image of a single plane set: `data` is a Uint32Array, 0 is background. */
export function writeLabel(imageUrl, name, { axes, scale, shape, data }) {
  const url = join(imageUrl, 'labels', name);
  const multiscales = writePyramid(url, { axes, scale, shape, data, averaged: false });
  writeGroup(url, { multiscales, 'image-label': { version: VERSION, source: { image: '../../' } } });
  addMember(join(imageUrl, 'labels'), 'labels', name);
}

/** Full resolution of a label image: `{ shape, data }`. */
export function readLabel(imageUrl, name) {
  return readArray(join(imageUrl, 'labels', name, '0'));
}

/** Write a table: `rows` are objects with the keys `columns`; `attributes` say what kind of table it is. */
export function writeTable(imageUrl, name, columns, rows, attributes) {
  const url = join(imageUrl, 'tables', name);
  mkdirSync(url, { recursive: true });
  const lines = rows.map((row) => columns.map((column) => row[column]).join(','));
  writeFileSync(join(url, 'table.csv'), `${[columns.join(','), ...lines].join('\n')}\n`);
  writeGroup(url, { table_version: '1', backend: 'csv', ...attributes });
  addMember(join(imageUrl, 'tables'), 'tables', name);
}

/** Rows of a table as objects of strings and numbers. */
export function readTable(imageUrl, name) {
  return parseCsv(readFileSync(join(imageUrl, 'tables', name, 'table.csv'), 'utf8'));
}

/** A CSV text without quotes or commas in its values, as these tasks and their raw data have it. */
export function parseCsv(text) {
  const [header, ...lines] = text.trim().split('\n');
  const columns = header.split(',');
  const value = (cell) => (cell !== '' && Number.isFinite(Number(cell)) ? Number(cell) : cell);
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i], value(cell)])));
}
