/**
 * Names that other programs rely on: workflow type, task queues, search attributes (docs/client.md). Pure; workflow code
 * imports it.
 */

export const WORKFLOW_TYPE = 'processWorkflow';

/** By which runs are found in the Web UI, with their types. */
export const SEARCH_ATTRIBUTES = {
  FractalWorkflow: 'KEYWORD',
  FractalBackend: 'KEYWORD',
  FractalDataset: 'KEYWORD',
  FractalJobId: 'INT',
  /** `running`, `paused`, `held`, `cancelling`, then how the run ended. */
  FractalStatus: 'KEYWORD',
} as const;

/** Task queue of the workflow. */
export const WORKFLOW_TASK_QUEUE = 'fractal';

/** Where a run's batches go unless its request names another queue. */
export const activityTaskQueue = (backend: string): string => `fractal-${backend}`;

/**
 * Where the short activities of a run go (open, plan, apply, cancel, close): waiting batches, thousands of them, hold
 * slots of the other queue for days and must never starve these. One worker process serves both.
 */
export const stepsTaskQueue = (activityQueue: string): string => `${activityQueue}-steps`;

/** The queue of one user's own worker, as a supervisor starts it and requests name it (docs/users.md). */
export const userTaskQueue = (backend: string, user: string): string =>
  `${activityTaskQueue(backend)}.${user}`;

/**
 * Where a supervisor shows that it starts a worker for an activity queue on demand: it polls this one now and then, and
 * nothing is ever put on it.
 */
export const onDemandQueue = (activityQueue: string): string => `${activityQueue}-on-demand`;
