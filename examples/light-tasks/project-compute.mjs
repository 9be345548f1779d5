/**
 * The compute part of a `compound` task: the brightest value along z, as a two-dimensional image in the new plate.
 *
 * Arguments: `zarr_url` (the image to write) and `init_args`, both from the init part's parallelization list.
 */
import { basename, dirname } from 'node:path';
import { addImageToWell, readImage, writeImage } from './lib/ome-zarr.mjs';
import { log, required, runTask } from './lib/task.mjs';

runTask((args) => {
  const newUrl = required(args, 'zarr_url');
  const { origin_url: originUrl } = required(args, 'init_args');
  const image = readImage(originUrl);
  const [channels, depth, height, width] = image.shape;
  const size = height * width;
  const data = new Uint16Array(channels * size);
  for (let c = 0; c < channels; c++) {
    for (let z = 0; z < depth; z++) {
      const plane = image.data.subarray((c * depth + z) * size, (c * depth + z + 1) * size);
      for (let i = 0; i < size; i++) data[c * size + i] = Math.max(data[c * size + i], plane[i]);
    }
  }
  const [cScale, , yScale, xScale] = image.scale;
  writeImage(newUrl, {
    axes: ['c', 'y', 'x'],
    scale: [cScale, yScale, xScale],
    shape: [channels, height, width],
    data,
    channels: image.channels,
  });
  addImageToWell(newUrl);
  log(`${depth} planes of ${originUrl} -> ${newUrl}`);

  // Attributes given here win over those inherited from the origin: the well stays, the plate is another one.
  const plate = basename(dirname(dirname(dirname(newUrl))));
  return { image_list_updates: [{ zarr_url: newUrl, origin: originUrl, attributes: { plate } }] };
});
