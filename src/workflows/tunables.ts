/** Tunables of the workflow. A change alters no recorded history: options of activities are not replayed. */

/** Pending batches of one run at once: far below the server's 2,000 pending activities (docs/architecture.md). */
export const MAX_PENDING_BATCHES = 200;

/** Warnings that a run carries; more of them say nothing new. */
export const MAX_WARNINGS = 10;

/** A worker that says nothing for so long is taken for dead; its batch is adopted by the next attempt. */
export const HEARTBEAT_TIMEOUT_SECONDS = 15;

/** Nothing a facility runs takes longer; an activity needs some end. */
export const SCHEDULE_TO_CLOSE_DAYS = 60;

/** Back-off of `runBatch`: an attempt that a dying worker cost is repeated soon. */
export const BATCH_BACKOFF_SECONDS = 1;
export const BATCH_BACKOFF_MAX_SECONDS = 5;

/**
 * Attempts of plan, apply and the like while storage fails: with the back-off below, about an hour. Counted in
 * attempts, not in time, so that an hour without any worker costs nothing.
 */
export const STORAGE_ATTEMPTS = 70;
export const STORAGE_BACKOFF_SECONDS = 1;
export const STORAGE_BACKOFF_MAX_SECONDS = 60;

/** One attempt of plan, apply and the like: 100,000 images take seconds. */
export const STEP_ATTEMPT_MINUTES = 15;

/** Answered updates that a run knows again after it continued as new: who asks twice does so within minutes. */
export const ANSWERS_KEPT = 50;

/** A piece of 1 MiB is read in milliseconds; its digest is of the whole file, which may be gigabytes on slow storage. */
export const FILE_ATTEMPT_SECONDS = 60;

/** Somebody waits for it: a queue that nobody polls is told of soon. */
export const FILE_TOTAL_SECONDS = 90;

/** Storage that fails for a moment is tried again; nobody waits for more. */
export const FILE_ATTEMPTS = 3;
