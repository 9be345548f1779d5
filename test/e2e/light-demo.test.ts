import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { writeRawPlate } from '../../examples/demo/raw-plate.js';
import { lightRequest } from '../../examples/demo/request.js';
import { CELLS_PER_FIELD, FIELDS_PER_WELL } from '../../examples/demo/synthetic-plate.js';
import type { RunResult } from '../../src/wire/result.js';
import { runByHand } from '../examples/run-by-hand.js';
import { startHarness, type Harness } from '../support/harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});

afterAll(async () => {
  await harness.stop();
});

const relativeTo = (folder: string, { images }: Pick<RunResult, 'images'>) =>
  images.map((image) => ({
    ...image,
    zarr_url: image.zarr_url.replace(`${folder}/`, ''),
    origin: image.origin?.replace(`${folder}/`, '') ?? null,
  }));

it('the light workflow: from raw tiles to measurements, the same as unit by unit without a server', async () => {
  const folder = await harness.folder();
  const rawDir = join(folder, 'raw');
  const { flatfield } = await writeRawPlate(rawDir);
  const folders = (name: string) => ({
    zarrDir: join(folder, name, 'zarr'),
    workflowDir: join(folder, name, 'run'),
  });

  const request = await lightRequest({ ...folders('server'), rawDir, flatfield });
  const run = await harness.start({ ...request });
  const result = await run.result();

  expect(result.status).toBe('done');
  const units = result.task_runs.map(
    ({ task_name, status, num_available_images, num_tasks, num_new_images }) => [
      task_name,
      status,
      num_available_images,
      num_tasks,
      num_new_images,
    ],
  );
  expect(units).toEqual([
    ['Convert Plate', 'done', 0, 3, 2],
    ['Correct Illumination', 'done', 2, 2, 2],
    ['Project (Maximum)', 'done', 2, 3, 2],
    ['Segment Cells', 'done', 2, 2, 0],
    ['Measure Cells', 'done', 2, 2, 0],
  ]);
  expect(result.type_filters).toEqual({ illumination_corrected: true, is_3D: false });

  const byHand = await runByHand(await lightRequest({ ...folders('by hand'), rawDir, flatfield }));
  expect(relativeTo(folders('server').zarrDir, result)).toEqual(
    relativeTo(folders('by hand').zarrDir, byHand),
  );
  for (const well of ['A/01', 'B/02']) {
    const table = `plate_mip.zarr/${well}/0corrected/tables/measurements/table.csv`;
    const [measured, expected] = await Promise.all(
      ['server', 'by hand'].map((name) => readFile(join(folders(name).zarrDir, table), 'utf8')),
    );
    expect(measured?.trim().split('\n')).toHaveLength(1 + CELLS_PER_FIELD * FIELDS_PER_WELL);
    expect(measured).toBe(expected);
  }
});
