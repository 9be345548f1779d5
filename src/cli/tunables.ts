/** Every number of this area in one place, each with its reason. */

/** Between two looks at a run's progress: live for a person, a few requests a second for the server. */
export const PROGRESS_POLL_MS = 1_000;

/** How long a queue may be without a worker before it is said: a worker that starts takes a few seconds. */
export const NO_WORKER_NOTICE_MS = 10_000;

/** Between two looks of `start` at the queues of its run: a poll that has just begun is registered within a second. */
export const NO_WORKER_LOOK_MS = 1_000;

/** Where output is not a terminal, a task's line comes anew at each such part of its units, not at each unit. */
export const LINE_PER_PARTS = 10;

/**
 * From the first signal to the end of a worker's process, whatever hangs: service managers and Docker kill after 10 s, and
 * nothing is lost by an end without ceremony.
 */
export const END_WITHIN_MS = 9_000;

/** A message to the service manager takes milliseconds; one that hangs must not hold up the next. */
export const NOTIFY_MS = 5_000;

/** A task's rate is that of its last seconds: long enough for slow units, short enough to follow a change. */
export const PACE_SECONDS = 60;

/** The clock of the progress goes on between two looks at the run. */
export const CLOCK_MS = 1_000;

/** A run that began less than this ago is seen from its first task on: two looks, and the time that a start takes. */
export const FRESH_MS = 4_000;

/** A run that has not begun is cancelled as soon as a workflow worker hears of it; how long that is waited for. */
export const UNBEGUN_CANCEL_MS = 3_000;

/** How often it is looked at. */
export const UNBEGUN_LOOK_MS = 200;
