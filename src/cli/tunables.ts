/** Every number of this area in one place, each with its reason. */

/** Between two looks at a run's progress: live for a person, a few requests a second for the server. */
export const PROGRESS_POLL_MS = 1_000;

/** How long a queue may be without a worker before it is said: a worker that starts takes a few seconds. */
export const NO_WORKER_NOTICE_MS = 10_000;

/** Between two looks of `start` at the queues of its run: a poll that has just begun is registered within a second. */
export const NO_WORKER_LOOK_MS = 1_000;

/** Where output is not a terminal, a task's line comes anew at each such part of its units, not at each unit. */
export const LINE_PER_PARTS = 10;

/** Lines of a log that `status` and `logs` show unless asked for more. */
export const LOG_TAIL_LINES = 20;

/** Runs that `list` shows unless asked for more. */
export const LIST_LIMIT = 50;

/** Failed units that `status` shows with their tails; `logs` has them all. */
export const FAILED_UNITS_SHOWN = 5;

/** A line that has not ended is kept up to this length before it is shown, so that a bar leaves its last state only. */
export const OPEN_LINE_CHARACTERS = 1 << 20;
