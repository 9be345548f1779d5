/** A real workflow: 7 tasks, 28 units, two environments, on the demo's plate in two acquisitions of two wells. */
import { join } from 'node:path';
import { readTaskPackage, workflowTask } from '../../examples/demo/manifest.js';
import { CAMERA_OFFSET, CHANNEL } from '../../examples/demo/synthetic-plate.js';
import type { TaskEnvironment } from '../../examples/demo/request.js';
import type { JsonObject, WorkflowTask } from '../../src/wire/request.js';

export interface Plate {
  acquisitionDir: string;
  profilesDir: string;
  profile: string;
}

export interface Environments {
  converters: TaskEnvironment;
  core: TaskEnvironment;
}

const LABEL = 'cells';
/** The plate's smallest level that registration has enough pixels in. */
const LEVEL = '1';

const packagesOf = async ({ converters, core }: Environments) => ({
  converters: await readTaskPackage(
    join(converters.sitePackages, 'fractal_uzh_converters'),
    converters.python,
  ),
  core: await readTaskPackage(join(core.sitePackages, 'fractal_tasks_core'), core.python),
});

/** Units: 1 + 4, 1 + 2, 1 + 2, 4, 1 + 4, 4, 4. A projection's images have lost their acquisition. */
export const realTasks = async (environments: Environments, plate: Plate): Promise<WorkflowTask[]> => {
  const { converters, core } = await packagesOf(environments);
  const acquisitions: JsonObject[] = [0, 1].map((acquisition_id) => ({
    path: plate.acquisitionDir,
    plate_name: 'plate',
    acquisition_id,
  }));
  return [
    workflowTask(converters, 'Convert Custom TIFF HCS Plate to OME-Zarr', 0, {
      nonParallel: { acquisitions },
    }),
    workflowTask(core, 'Calculate Registration (image-based)', 1, {
      parallel: { wavelength_id: CHANNEL, level_path: LEVEL },
    }),
    workflowTask(core, 'Find Registration Consensus', 2),
    workflowTask(core, 'Illumination Correction', 3, {
      parallel: {
        illumination_profiles: {
          model: 'Profile',
          folder: plate.profilesDir,
          profiles: { [CHANNEL]: plate.profile },
        },
        background_correction: { model: 'Constant', constants: { [CHANNEL]: CAMERA_OFFSET } },
      },
    }),
    workflowTask(core, 'Project Image (HCS Plate)', 4),
    workflowTask(core, 'Threshold Segmentation', 5, {
      parallel: { channel: { mode: 'label', identifier: CHANNEL }, output_label_name: LABEL },
    }),
    workflowTask(core, 'Measure Features', 6, { parallel: { input_label_name: LABEL } }),
  ];
};

/** Only the segmentation, that many copies of an image being there. */
export const segmentation = async (environments: Environments): Promise<WorkflowTask[]> => {
  const { core } = await packagesOf(environments);
  return [
    workflowTask(core, 'Threshold Segmentation', 0, {
      parallel: { channel: { mode: 'label', identifier: CHANNEL }, output_label_name: LABEL },
    }),
  ];
};
