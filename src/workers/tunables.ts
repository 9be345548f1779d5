/** Tunables of the workers. */

/**
 * Activities at once of one worker. A waiting batch is only a promise and costs little; ten runs of 200 pending
 * batches fit. Heavy activities have turns of their own (src/activities/tunables.ts).
 */
export const ACTIVITIES_AT_ONCE = 2_000;

/** Longest time until an activity hears that it is cancelled. */
export const HEARTBEAT_THROTTLE_SECONDS = 2;

/** Activities are told to let go of their batches and to come to an end. */
export const SHUTDOWN_GRACE_SECONDS = 3;

/** After that the worker ends whatever its activities do: batches go on without it. */
export const SHUTDOWN_FORCE_SECONDS = 15;

/** Task queue of the workflow. */
export const WORKFLOW_TASK_QUEUE = 'fractal';

/** The heap may grow by so much between two looks for garbage. */
export const HEAP_GROWTH_PERCENT = 30;
