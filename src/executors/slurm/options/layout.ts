/** How a task's units become jobs: options, then batching. Pure. */
import type { BatchLayout, LayoutInput } from '../../../batch/contract.js';
import { withWarmStart } from '../../../warm/asked.js';
import { planBatching } from './batching.js';
import type { SlurmConfig } from './config.js';
import { taskOptions } from './options.js';

/** @throws LayoutError when the task's meta is wrong or asks for more than the configuration allows. */
export const slurmLayout = (config: SlurmConfig, input: LayoutInput): BatchLayout => {
  const { resources, unitsPerJob, unitsAtOnce } = taskOptions(config, input);
  const batching = planBatching({
    units: input.units,
    cpusPerUnit: resources.cpus_per_unit,
    memPerUnitMb: resources.mem_mb_per_unit ?? 0,
    unitsPerJob,
    unitsAtOnce,
    limits: config.batching_config,
  });
  const layout = { unitsPerBatch: batching.unitsPerJob, lanes: batching.unitsAtOnce, resources };
  return withWarmStart(layout, input, config.runner_config.warm_start);
};
