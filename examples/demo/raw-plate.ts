/** Writes the synthetic plate in the plain format that the tasks of examples/light-tasks read. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as plate from './synthetic-plate.js';

const FLATFIELD_FILE = 'flatfield.raw';

/** 16-bit pixels as bytes, little-endian whatever the machine. */
export const littleEndian = (pixels: Uint16Array): Buffer => {
  const bytes = Buffer.alloc(pixels.length * 2);
  pixels.forEach((value, i) => bytes.writeUInt16LE(value, i * 2));
  return bytes;
};

/**
 * Fill `dir` with `metadata.json`, `tiles.csv`, one raw file per tile and a flatfield.
 *
 * @returns the absolute path of the flatfield, which is an argument of the correction.
 */
export const writeRawPlate = async (dir: string): Promise<{ flatfield: string }> => {
  await mkdir(dir, { recursive: true });
  const lines = ['well,field,z,x_px,y_px,file'];
  for (const { well, field, z, pixels } of plate.tiles()) {
    const file = `${well}_f${field}_z${z}.raw`;
    lines.push([well, field, z, field * plate.FIELD_SIDE_PX, 0, file].join(','));
    await writeFile(join(dir, file), littleEndian(pixels));
  }
  await writeFile(join(dir, 'tiles.csv'), `${lines.join('\n')}\n`);
  const metadata = {
    tile_shape_px: [plate.FIELD_SIDE_PX, plate.FIELD_SIDE_PX],
    pixel_size_um: plate.PIXEL_SIZE_UM,
    z_spacing_um: plate.Z_SPACING_UM,
    channel: plate.CHANNEL,
  };
  await writeFile(join(dir, 'metadata.json'), `${JSON.stringify(metadata, null, 2)}\n`);
  const flatfield = join(dir, FLATFIELD_FILE);
  await writeFile(flatfield, littleEndian(plate.flatfield()));
  return { flatfield };
};
