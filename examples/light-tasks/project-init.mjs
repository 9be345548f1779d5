/**
 * The init part of a `compound` task: it sees all images at once, which is what making a new plate needs.
 *
 * Arguments: `zarr_dir` and `zarr_urls` (from the runner: the images that the filters left), `suffix`.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createPlate } from './lib/ome-zarr.mjs';
import { log, required, runTask } from './lib/task.mjs';

runTask((args) => {
  const zarrDir = required(args, 'zarr_dir');
  const suffix = args.suffix ?? 'mip';
  const images = required(args, 'zarr_urls').map((url) => {
    const [plate, row, column, image] = url.split('/').slice(-4);
    return { url, row, column, image, newPlate: `${basename(plate, '.zarr')}_${suffix}.zarr` };
  });
  for (const plate of new Set(images.map((image) => image.newPlate))) {
    const plateUrl = join(zarrDir, plate);
    if (existsSync(plateUrl)) throw new Error(`${plateUrl} exists already`);
    const members = images.filter((image) => image.newPlate === plate);
    const wells = new Map(members.map(({ row, column }) => [`${row}/${column}`, { row, column }]));
    createPlate(plateUrl, { name: basename(plate, '.zarr'), wells: [...wells.values()] });
    log(`new plate ${plateUrl} for ${members.length} images`);
  }
  return {
    parallelization_list: images.map(({ url, row, column, image, newPlate }) => ({
      zarr_url: join(zarrDir, newPlate, row, column, image),
      init_args: { origin_url: url },
    })),
  };
});
