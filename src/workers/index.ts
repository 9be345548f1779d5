/**
 * The workers, one per process in production, all in one process for `fractal-temporal up`.
 *
 * ```ts
 * const connection = await NativeConnection.connect({ address });
 * const workflow = await createWorkflowWorker({ connection });
 * const local = await createActivityWorker({ connection, backend: createLocalBackend(...) });
 * await Promise.all([workflow.run(), local.run()]);
 * ```
 */
export { createActivityWorker, type ActivityWorkerOptions, type RunnableWorker } from './activity-worker.js';
export { growHeapSlowly } from './heap.js';
export { createWorkflowWorker, type WorkflowWorkerOptions } from './workflow-worker.js';
