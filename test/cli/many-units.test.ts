/**
 * Very many units through the program, with all that lies between request and result. By hand:
 * `npm run test:large -- --run-units 300000`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';

const COUNT = Number(process.env.FRACTAL_RUN_UNITS ?? 3_000);
/** Of one run at most: the size of dataset that this project is built for. */
const RUN_UNITS = 100_000;
const UNIT_MS = 50;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const runs = Array.from({ length: Math.ceil(COUNT / RUN_UNITS) }, (_, run) => ({
  run: run + 1,
  images: Math.min(RUN_UNITS, COUNT - run * RUN_UNITS),
}));

describe(`run: ${COUNT} units of \`true\``, () => {
  it.each(runs)(
    'run $run: each of $images images has its unit, in its place',
    async ({ run, images }) => {
      const names = Array.from({ length: images }, (_, index) => `plate/${index}`);
      const tasks = [{ type: 'parallel' as const, command: 'true', output_types: { seen: true } }];
      const request = join(sandbox.dir, 'request.json');
      await writeFile(request, JSON.stringify(makeRequest({ dir: sandbox.dir, tasks, images: names })));
      const file = join(sandbox.dir, 'result.json');
      const began = performance.now();
      const { code, stderr } = await sandbox.run(['run', request, '--result', file]);
      const seconds = (performance.now() - began) / 1000;
      expect(code, stderr).toBe(0);

      const result = JSON.parse(await readFile(file, 'utf8')) as RunResult;
      expect(result.images.length).toBe(images);
      const wrongImages = result.images.filter(
        ({ zarr_url: url, types }, index) =>
          url !== zarrUrl(sandbox.dir, names[index] ?? '') || types.seen !== true,
      );
      expect(wrongImages).toEqual([]);
      const [taskRun] = result.task_runs;
      expect(taskRun).toMatchObject({ status: 'done', num_tasks: images });
      expect(taskRun?.units.length).toBe(images);
      const wrongUnits = taskRun?.units.filter(
        (unit, index) =>
          unit.index !== index ||
          unit.zarr_url !== zarrUrl(sandbox.dir, names[index] ?? '') ||
          unit.status !== 'done' ||
          unit.exit_code !== 0,
      );
      expect(wrongUnits).toEqual([]);
      console.log(`run ${run}: ${images} images, ${images} units done, ${seconds.toFixed(1)} s`);
    },
    RUN_UNITS * UNIT_MS,
  );
});
