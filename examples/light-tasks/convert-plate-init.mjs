/**
 * A converter's init part (task type `converter_compound`): it looks at the raw data, makes the empty plate, and
 * returns a parallelization list. Its compute part then runs once per item of that list, many at once.
 *
 * Arguments: `zarr_dir` (from the runner: where plates go), `raw_dir`, `plate_name`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPlate, parseCsv } from './lib/ome-zarr.mjs';
import { log, required, runTask } from './lib/task.mjs';

runTask((args) => {
  const rawDir = required(args, 'raw_dir');
  const plateUrl = join(required(args, 'zarr_dir'), `${args.plate_name ?? 'plate'}.zarr`);
  // A task runs once; what is there already came from another run and is not this task's to replace.
  if (existsSync(plateUrl)) throw new Error(`${plateUrl} exists already`);

  const tiles = parseCsv(readFileSync(join(rawDir, 'tiles.csv'), 'utf8'));
  const wells = [...new Set(tiles.map((tile) => tile.well))].map((well) => ({
    name: well,
    row: well[0],
    column: well.slice(1),
  }));
  createPlate(plateUrl, { name: args.plate_name ?? 'plate', wells });
  log(`${tiles.length} tiles of ${wells.length} wells for ${plateUrl}`);

  return {
    parallelization_list: wells.map(({ name, row, column }) => ({
      zarr_url: join(plateUrl, row, column, '0'),
      // Whatever the compute part needs to know; it gets this object back as its argument `init_args`.
      init_args: { raw_dir: rawDir, well: name },
    })),
  };
});
