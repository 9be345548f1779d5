/** A site's configuration, and tasks that are asked for there. */
import type { LayoutInput } from '../../../../src/batch/contract.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { taskOptions } from '../../../../src/executors/slurm/options/options.js';
import type { JsonObject } from '../../../../src/wire/request.js';
import { configText } from '../config-text.js';

export const config = parseSlurmConfig(
  configText({
    default_slurm_config: {
      partition: 'main',
      cpus_per_task: 1,
      mem: '100M',
      time: '60',
      account: 'site',
      extra_lines: ['#SBATCH --hint=nomultithread', 'module load site'],
    },
    gpu_slurm_config: { partition: 'gpu', mem: '10G', gres: 'gpu:1', extra_lines: ['module load cuda'] },
    user_local_exports: { MODELS: 'models', NAPARI_CONFIG: 'n.json' },
  }),
);

export const input = (meta: JsonObject, more: Partial<LayoutInput> = {}): LayoutInput => ({
  units: 4,
  meta,
  workerInit: null,
  slurmAccount: null,
  userCacheDir: '/home/ann/.cache/',
  ...more,
});

export const resourcesOf = (meta: JsonObject, more: Partial<LayoutInput> = {}) =>
  taskOptions(config, input(meta, more)).resources;
