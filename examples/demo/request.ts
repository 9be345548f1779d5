/** The demo's two workflows as requests: the same shape, once with tasks in Node and once with real packages. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FractalWorkflow, Image, JsonObject } from '../../src/wire/request.js';
import { readTaskPackage, workflowTask } from './manifest.js';
import { CAMERA_OFFSET, CHANNEL } from './synthetic-plate.js';

/** What has to be said of a run; everything else has a default (docs/request.md). */
export interface DemoRequest {
  workflow: FractalWorkflow;
  dataset: { name: string; zarr_dir: string; images: Image[] };
  workflow_dir_local: string;
  /** `local` when not given. */
  backend?: string;
}

interface Folders {
  /** Where plates go; images of the run lie below it. */
  zarrDir: string;
  /** The run's own folder: arguments, logs, result. */
  workflowDir: string;
}

/** Folder of the tasks in Node, in this package. */
export const LIGHT_TASKS_DIR = fileURLToPath(new URL('../light-tasks', import.meta.url));

const LABEL = 'cells';

const demoRequest = (
  name: string,
  task_list: FractalWorkflow['task_list'],
  folders: Folders,
): DemoRequest => ({
  workflow: { name, task_list },
  dataset: { name: 'synthetic plate', zarr_dir: folders.zarrDir, images: [] },
  workflow_dir_local: folders.workflowDir,
});

/** The workflow of tasks in Node, on a plate that `writeRawPlate` wrote to `rawDir`. */
export const lightRequest = async (
  options: Folders & { rawDir: string; flatfield: string; node?: string },
): Promise<DemoRequest> => {
  const tasks = await readTaskPackage(LIGHT_TASKS_DIR, options.node ?? process.execPath);
  return demoRequest(
    'light demo',
    [
      workflowTask(tasks, 'Convert Plate', 0, { nonParallel: { raw_dir: options.rawDir } }),
      workflowTask(tasks, 'Correct Illumination', 1, {
        parallel: { flatfield: options.flatfield, camera_offset: CAMERA_OFFSET },
      }),
      workflowTask(tasks, 'Project (Maximum)', 2),
      workflowTask(tasks, 'Segment Cells', 3, { parallel: { label_name: LABEL } }),
      workflowTask(tasks, 'Measure Cells', 4, { parallel: { label_name: LABEL } }),
    ],
    options,
  );
};

/** Where the real task packages are installed (examples/demo/task-environment.ts). */
export interface TaskEnvironment {
  python: string;
  sitePackages: string;
}

/** The workflow of real tasks, on a plate that `writeTiffPlate` wrote. */
export const realRequest = async (
  options: Folders & TaskEnvironment & { acquisitionDir: string; profilesDir: string; profile: string },
): Promise<DemoRequest> => {
  const { python, sitePackages } = options;
  const converters = await readTaskPackage(join(sitePackages, 'fractal_uzh_converters'), python);
  const core = await readTaskPackage(join(sitePackages, 'fractal_tasks_core'), python);
  const acquisition: JsonObject = { path: options.acquisitionDir, plate_name: 'plate' };
  return demoRequest(
    'demo',
    [
      workflowTask(converters, 'Convert Custom TIFF HCS Plate to OME-Zarr', 0, {
        nonParallel: { acquisitions: [acquisition] },
      }),
      workflowTask(core, 'Illumination Correction', 1, {
        parallel: {
          illumination_profiles: {
            model: 'Profile',
            folder: options.profilesDir,
            profiles: { [CHANNEL]: options.profile },
          },
          background_correction: { model: 'Constant', constants: { [CHANNEL]: CAMERA_OFFSET } },
        },
      }),
      workflowTask(core, 'Project Image (HCS Plate)', 2),
      workflowTask(core, 'Threshold Segmentation', 3, {
        parallel: {
          channel: { mode: 'label', identifier: CHANNEL },
          output_label_name: LABEL,
        },
      }),
      workflowTask(core, 'Measure Features', 4, { parallel: { input_label_name: LABEL } }),
    ],
    options,
  );
};
