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

/** Those of the workflow above, the rest of the core package's, and tasks of a third one; half of them change images in place. */
export const manyTasks = async (
  environments: Environments,
  third: TaskEnvironment,
  plate: Plate,
): Promise<WorkflowTask[]> => {
  const { core } = await packagesOf(environments);
  const other = await readTaskPackage(join(third.sitePackages, 'zmb_fractal_tasks'), third.python);
  const onProjections = (name: string, args: Parameters<typeof workflowTask>[3] = {}): WorkflowTask => ({
    ...workflowTask(other, name, 0, args),
    type_filters: { is_3D: false },
  });
  const first = await realTasks(environments, plate);
  const uses = [
    ...first.slice(0, 3),
    // A projection's images have no acquisition to be registered by.
    workflowTask(core, 'Apply Registration to Image', 0, {
      parallel: { registered_roi_table: 'FOV_ROI_table_registered' },
    }),
    ...first.slice(3),
    onProjections('Update display range'),
    onProjections('Histograms: Calculate channel-histograms for each image'),
    onProjections('Histograms: Aggregate plate-histograms'),
    onProjections('Expand segmentation', {
      parallel: {
        ...{ input_label_name: LABEL, expansion_distance: 2 },
        ...{ union_output_label_name: 'grown', difference_output_label_name: 'rings' },
      },
    }),
    onProjections('Measure features', {
      parallel: {
        input_labels: [{ input_label_name: LABEL, output_table_name: 'features' }],
        channels_to_measure: { use_all_channels: true },
      },
    }),
    onProjections('SMO background estimation', { parallel: { subtract_background: true } }),
    onProjections('Export table as CSV', { nonParallel: { tables_to_export: ['features'] } }),
    onProjections('Delete labels from OME-Zarr image', { parallel: { labels_to_delete: [LABEL] } }),
    workflowTask(core, 'Import OME-Zarr', 0, { nonParallel: { zarr_name: 'plate.zarr', overwrite: true } }),
  ];
  return uses.map((use, order) => ({ ...use, id: order + 1, order }));
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
