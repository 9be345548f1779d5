import type { LayoutInput } from '../batch/contract.js';
import type { ProcessWorkflowRequest, WorkflowTask } from '../wire/request.js';
import type { Component } from '../wire/result.js';
import { exclusiveAttributes } from './exclusive.js';
import { mergedMeta } from './meta.js';

/**
 * What a layout is told of a request, besides the number of units.
 *
 * @param units those that can run at once: a group of units that must not meet is one (src/tasks/exclusive.ts).
 * @throws LayoutError when the meta says wrongly which units those are.
 */
export const layoutInput = (
  request: ProcessWorkflowRequest,
  task: WorkflowTask,
  component: Component,
  units: number,
): LayoutInput => {
  exclusiveAttributes(request, task, component);
  return {
    units,
    meta: mergedMeta(task, component),
    workerInit: request.worker_init,
    slurmAccount: request.slurm_account,
    userCacheDir: request.user_cache_dir,
    warmStart: request.warm_start ?? false,
  };
};
