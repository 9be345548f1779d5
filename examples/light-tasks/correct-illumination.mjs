/**
 * A `parallel` task that makes new images: it runs once per image of the list and writes beside it.
 *
 * Arguments: `zarr_url` (from the runner), `flatfield` (file of 16-bit pixels, the size of one field of view),
 * `camera_offset` (counts that the camera adds to every pixel).
 */
import { readFileSync } from 'node:fs';
import { addImageToWell, readImage, readTable, writeImage, writeTable } from './lib/ome-zarr.mjs';
import { log, required, runTask } from './lib/task.mjs';

const MAX_UINT16 = 65535;

runTask((args) => {
  const imageUrl = required(args, 'zarr_url');
  const offset = args.camera_offset ?? 0;
  const bytes = readFileSync(required(args, 'flatfield'));
  const flat = Float64Array.from({ length: bytes.byteLength / 2 }, (_, i) => bytes.readUInt16LE(i * 2));
  const brightest = flat.reduce((highest, value) => Math.max(highest, value), 0);

  const image = readImage(imageUrl);
  const fields = readTable(imageUrl, 'FOV_ROI_table');
  const [height, width] = image.shape.slice(-2);
  const [pixelY, pixelX] = image.scale.slice(-2);
  const planes = image.data.length / (height * width);
  const corrected = new Uint16Array(image.data.length);
  for (const field of fields) {
    const [x0, y0] = [Math.round(field.x_micrometer / pixelX), Math.round(field.y_micrometer / pixelY)];
    const w = Math.round(field.len_x_micrometer / pixelX);
    const h = Math.round(field.len_y_micrometer / pixelY);
    if (w * h !== flat.length) {
      throw new Error(`flatfield has ${flat.length} pixels, ${field.FieldIndex} has ${w} x ${h}`);
    }
    for (let plane = 0; plane < planes; plane++) {
      for (let y = 0; y < h; y++) {
        const from = (plane * height + y0 + y) * width + x0;
        for (let x = 0; x < w; x++) {
          const signal = Math.max(0, image.data[from + x] - offset);
          corrected[from + x] = Math.min(MAX_UINT16, Math.round((signal * brightest) / flat[y * w + x]));
        }
      }
    }
  }

  // OME-Zarr 0.4 allows only letters and digits in an image's path within its well.
  const newUrl = `${imageUrl}corrected`;
  writeImage(newUrl, { ...image, data: corrected });
  writeTable(newUrl, 'FOV_ROI_table', Object.keys(fields[0]), fields, {
    type: 'roi_table',
    index_key: 'FieldIndex',
    index_type: 'str',
  });
  addImageToWell(newUrl);
  log(`${fields.length} fields corrected -> ${newUrl}`);

  // With an origin the new image inherits the old one's attributes and types. The type that this task stands for,
  // illumination_corrected, is in the manifest's `output_types`: the runner adds it to every image returned here.
  return { image_list_updates: [{ zarr_url: newUrl, origin: imageUrl }] };
});
