/**
 * A `parallel` task that adds to its image: cells as a label image, found by a threshold.
 *
 * Arguments: `zarr_url` (from the runner), `label_name`, `min_area_px` (smaller spots are noise).
 */
import { connectedComponents, otsuThreshold } from './lib/image.mjs';
import { readImage, writeLabel } from './lib/ome-zarr.mjs';
import { log, required, runTask } from './lib/task.mjs';

/** Half the area of the smallest cell of the example's plate. */
const DEFAULT_MIN_AREA_PX = 40;

runTask((args) => {
  const imageUrl = required(args, 'zarr_url');
  const labelName = args.label_name ?? 'cells';
  const image = readImage(imageUrl);
  if (image.axes.join('') !== 'cyx')
    throw new Error(`${imageUrl}: axes ${image.axes.join('')}, expected cyx`);
  const [, height, width] = image.shape;
  const plane = image.data.subarray(0, height * width);

  const threshold = otsuThreshold(plane);
  const { labels, count } = connectedComponents(
    plane,
    width,
    threshold,
    args.min_area_px ?? DEFAULT_MIN_AREA_PX,
  );
  const [, yScale, xScale] = image.scale;
  writeLabel(imageUrl, labelName, {
    axes: ['y', 'x'],
    scale: [yScale, xScale],
    shape: [height, width],
    data: labels,
  });
  log(`${count} cells above ${threshold} in ${imageUrl}`);

  // No new image, nothing changed in the list: no output. The runner takes that as "all its images are done".
  return undefined;
});
