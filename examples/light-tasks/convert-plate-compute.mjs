/**
 * A converter's compute part: one well's raw tiles to one OME-Zarr image.
 *
 * Arguments: `zarr_url` (the image to write) and `init_args`, both from the init part's parallelization list.
 * Raw data: `metadata.json` and `tiles.csv` beside the tiles, each tile 16-bit little-endian pixels, row by row.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { addImageToWell, parseCsv, writeImage, writeTable } from './lib/ome-zarr.mjs';
import { log, required, runTask } from './lib/task.mjs';

runTask((args) => {
  const imageUrl = required(args, 'zarr_url');
  const { raw_dir: rawDir, well } = required(args, 'init_args');
  const raw = JSON.parse(readFileSync(join(rawDir, 'metadata.json'), 'utf8'));
  const tiles = parseCsv(readFileSync(join(rawDir, 'tiles.csv'), 'utf8')).filter(
    (tile) => tile.well === well,
  );

  const [tileHeight, tileWidth] = raw.tile_shape_px;
  const depth = 1 + Math.max(...tiles.map((tile) => tile.z));
  const height = tileHeight + Math.max(...tiles.map((tile) => tile.y_px));
  const width = tileWidth + Math.max(...tiles.map((tile) => tile.x_px));
  const data = new Uint16Array(depth * height * width);
  for (const tile of tiles) {
    const bytes = readFileSync(join(rawDir, tile.file));
    if (bytes.byteLength !== tileHeight * tileWidth * 2) {
      throw new Error(`${tile.file}: ${bytes.byteLength} bytes instead of ${tileHeight * tileWidth * 2}`);
    }
    for (let row = 0; row < tileHeight; row++) {
      const to = (tile.z * height + tile.y_px + row) * width + tile.x_px;
      for (let x = 0; x < tileWidth; x++) data[to + x] = bytes.readUInt16LE((row * tileWidth + x) * 2);
    }
  }

  const { pixel_size_um: pixel, z_spacing_um: spacing } = raw;
  writeImage(imageUrl, {
    axes: ['c', 'z', 'y', 'x'],
    scale: [1, spacing, pixel, pixel],
    shape: [1, depth, height, width],
    data,
    channels: [raw.channel],
  });

  // The fields of view of the mosaic: what corrects per field needs to know where each of them lies.
  const fields = tiles.filter((tile) => tile.z === 0);
  const columns = ['FieldIndex', 'x_micrometer', 'y_micrometer', 'z_micrometer'].concat(
    ['x', 'y', 'z'].map((axis) => `len_${axis}_micrometer`),
  );
  const rows = fields.map((tile, i) => ({
    FieldIndex: `FOV_${i + 1}`,
    x_micrometer: tile.x_px * pixel,
    y_micrometer: tile.y_px * pixel,
    z_micrometer: 0,
    len_x_micrometer: tileWidth * pixel,
    len_y_micrometer: tileHeight * pixel,
    len_z_micrometer: depth * spacing,
  }));
  writeTable(imageUrl, 'FOV_ROI_table', columns, rows, {
    type: 'roi_table',
    index_key: 'FieldIndex',
    index_type: 'str',
  });
  addImageToWell(imageUrl);
  log(`${tiles.length} tiles -> ${imageUrl}, ${depth} x ${height} x ${width} pixels`);

  // The runner keeps a list of images. Here a new one is announced, with what later tasks can filter by.
  const plateUrl = dirname(dirname(dirname(imageUrl)));
  return {
    image_list_updates: [
      {
        zarr_url: imageUrl,
        attributes: { plate: basename(plateUrl), well, acquisition: 0 },
        types: { is_3D: depth > 1 },
      },
    ],
  };
});
