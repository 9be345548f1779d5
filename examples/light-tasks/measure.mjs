/**
 * A `parallel` task that measures: one row per cell, as a table inside the image.
 *
 * Arguments: `zarr_url` (from the runner), `label_name`, `table_name`.
 */
import { readImage, readLabel, writeTable } from './lib/ome-zarr.mjs';
import { log, required, runTask } from './lib/task.mjs';

const COLUMNS = ['label', 'area_um2', 'centroid_y_um', 'centroid_x_um', 'mean_intensity', 'max_intensity'];

runTask((args) => {
  const imageUrl = required(args, 'zarr_url');
  const labelName = args.label_name ?? 'cells';
  const tableName = args.table_name ?? 'measurements';
  const image = readImage(imageUrl);
  const labels = readLabel(imageUrl, labelName);
  const [, width] = labels.shape;
  const [, pixelY, pixelX] = image.scale;

  const sums = new Map();
  for (const [i, label] of labels.data.entries()) {
    if (label === 0) continue;
    const sum = sums.get(label) ?? { area: 0, y: 0, x: 0, intensity: 0, max: 0 };
    sum.area += 1;
    sum.y += Math.floor(i / width);
    sum.x += i % width;
    sum.intensity += image.data[i];
    sum.max = Math.max(sum.max, image.data[i]);
    sums.set(label, sum);
  }
  const rows = [...sums]
    .sort(([a], [b]) => a - b)
    .map(([label, sum]) => ({
      label,
      area_um2: sum.area * pixelY * pixelX,
      centroid_y_um: (sum.y / sum.area) * pixelY,
      centroid_x_um: (sum.x / sum.area) * pixelX,
      mean_intensity: sum.intensity / sum.area,
      max_intensity: sum.max,
    }));
  writeTable(imageUrl, tableName, COLUMNS, rows, {
    type: 'feature_table',
    index_key: 'label',
    index_type: 'int',
    instance_key: 'label',
    region: { path: `../labels/${labelName}` },
  });
  log(`${rows.length} cells measured in ${imageUrl}`);
  return undefined;
});
