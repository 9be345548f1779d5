/** Writes the synthetic plate in the custom-TIFF format of `fractal-uzh-converters`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as plate from './synthetic-plate.js';
import { encodeTiff } from './tiff.js';

const FLATFIELD_FILE = 'flatfield.tif';

/**
 * Fill `dir` with an acquisition (TIFF tiles, `tiles.csv`, `acquisition_details.toml`) and a folder of
 * illumination profiles.
 *
 * @returns the two folders, absolute when `dir` is, and the profile's file name.
 */
export const writeTiffPlate = async (
  dir: string,
): Promise<{ acquisitionDir: string; profilesDir: string; profile: string }> => {
  const acquisitionDir = join(dir, 'acquisition');
  const profilesDir = join(dir, 'profiles');
  await mkdir(acquisitionDir, { recursive: true });
  await mkdir(profilesDir, { recursive: true });
  const side = plate.FIELD_SIDE_PX;

  const lines = ['file_path,row,column,fov_name,start_x,start_y,start_z,start_c,length_x,length_y,length_z'];
  for (const { well, field, z, pixels } of plate.tiles()) {
    const file = `${well}_f${field}_z${z}.tif`;
    const row = well.charAt(0);
    const column = Number(well.slice(1));
    lines.push([file, row, column, `FOV_${field + 1}`, field * side, 0, z, 0, side, side, 1].join(','));
    await writeFile(join(acquisitionDir, file), encodeTiff(pixels, side, side));
  }
  await writeFile(join(acquisitionDir, 'tiles.csv'), `${lines.join('\n')}\n`);

  const details = [
    `pixelsize = ${plate.PIXEL_SIZE_UM}`,
    `z_spacing = ${plate.Z_SPACING_UM}`,
    `channel_names = ["${plate.CHANNEL}"]`,
    `wavelengths = ["${plate.CHANNEL}"]`,
    'axes = ["c", "z", "y", "x"]',
    'start_x_coo = "pixel"',
    'start_y_coo = "pixel"',
    'start_z_coo = "pixel"',
  ];
  await writeFile(join(acquisitionDir, 'acquisition_details.toml'), `${details.join('\n')}\n`);
  await writeFile(join(profilesDir, FLATFIELD_FILE), encodeTiff(plate.flatfield(), side, side));
  return { acquisitionDir, profilesDir, profile: FLATFIELD_FILE };
};
