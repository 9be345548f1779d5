/** Tunables of the workers. */

/** Batches at once of one worker. A waiting batch is only a promise and costs little; ten runs of 200 pending ones fit. */
export const BATCHES_AT_ONCE = 2_000;

/**
 * Short activities at once of one worker, on a queue of their own. Many only end batches, and wait; the heavy ones
 * take turns (src/activities/tunables.ts).
 */
export const STEPS_AT_ONCE = 200;

/**
 * Workflow tasks at once of one worker. They share one thread, and the server takes a task back that has not ended after 10 s:
 * of the SDK's 40 on a machine with much other work none ends in time, each begins anew, and nothing goes on. What is not
 * taken waits in the queue, without a limit of time.
 */
export const WORKFLOW_TASKS_AT_ONCE = 4;

/** Longest time until an activity hears that it is cancelled. */
export const HEARTBEAT_THROTTLE_SECONDS = 2;

/** Activities are told to let go of their batches and to come to an end. */
export const SHUTDOWN_GRACE_SECONDS = 3;

/** After that the worker ends whatever its activities do: batches go on without it. Docker kills after 10 s. */
export const SHUTDOWN_FORCE_SECONDS = 7;

/** The heap may grow by so much between two looks for garbage. */
export const HEAP_GROWTH_PERCENT = 30;
