import type { JsonObject, WorkflowTask } from '../wire/request.js';
import type { Component } from '../wire/result.js';
import { usesNonParallelPart } from './task-types.js';

/**
 * Resources that a component asks for: the workflow-task's meta over its task's, key by key; `meta_non_parallel` for
 * the single or init part, `meta_parallel` for the compute part (docs/semantics.md).
 */
export const mergedMeta = (wftask: WorkflowTask, component: Component): JsonObject =>
  usesNonParallelPart(component)
    ? { ...wftask.task.meta_non_parallel, ...wftask.meta_non_parallel }
    : { ...wftask.task.meta_parallel, ...wftask.meta_parallel };
