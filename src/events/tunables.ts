/** Tunables of the events of a run. */

/** Between two commits of what happens while batches run: together with a look at a journal it stays below 2 s. */
export const COMMIT_EVERY_MS = 500;

/** Files read at once when a worker comes to know a run's events: enough to hide a shared file system's latency. */
export const SEGMENTS_READ_AT_ONCE = 32;

/** Runs whose events one worker remembers; of another it reads them again. */
export const RUNS_REMEMBERED = 256;

/** Reasons of waiting that one try of a batch tells: a scheduler whose words change all the time fills no file. */
export const REASONS_PER_TRY = 10;

/** Of a reason: a line is for people and programs, not for a scheduler's whole output. */
export const REASON_CHARACTERS = 300;

/** Between two looks of a reader that follows. */
export const FOLLOW_EVERY_MS = 500;
