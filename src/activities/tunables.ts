/** Tunables of the activities. */

/** Heavy activities (plan, apply, open, close) at work at once in one worker: each may hold an image list of 100,000. */
export const HEAVY_ACTIVITIES_AT_ONCE = 2;

/** Of those that wait for somebody else and hold up nobody meanwhile; each keeps its image list. */
export const HEAVY_ACTIVITIES_ASIDE = 6;

/** Each has a folder and a file of evidence: ten times what any scheduler takes from one user at once. */
export const MAX_BATCHES_PER_STAGE = 50_000;

/** First look at a batch's journal after its submission: a trivial unit is done by then. */
export const FIRST_LOOK_MS = 4;

/** Looks at a journal are this share of the batch's age apart, so that noticing its end costs little beside it. */
export const LOOK_SHARE_OF_AGE = 0.08;

/** Longest time between two looks at a journal: what a file system's cache of attributes is worth. */
export const LONGEST_LOOK_MS = 1_000;

/** Between two questions to the executor about one batch; a backend with a poller answers from its memory. */
export const STATUS_EVERY_MS = 1_000;

/** A heartbeat holds at most 1 KiB: 2,000 pending ones count to what the server keeps of one run. */
export const HEARTBEAT_REASON_CHARACTERS = 300;

/** Batches of which nobody could make sure: so many are named, the others counted. */
export const UNCERTAIN_SHOWN = 5;

/** Between two heartbeats; the SDK throttles further. */
export const HEARTBEAT_EVERY_MS = 1_000;

/**
 * After a complete journal that leaves questions (a kill, a missing end), how long the executor may know nothing before
 * the batch is judged without its word. As long as it answers, it is waited for: it looks seldom, and the state
 * OUT_OF_MEMORY shows only when the job has ended. Longer than a lost job takes to be called lost (docs/slurm.md).
 */
export const LAST_WORD_WAIT_MS = 15 * 60_000;

/** What can never be read is looked at for so long: a shared folder may show a file a minute late. */
export const PERMANENT_PATIENCE_MS = 75_000;

/** Storage that is full or away is waited for so long: somebody is at work on it by then, or nobody will be. */
export const PASSING_PATIENCE_MS = 3_600_000;

/**
 * A batch of another host or user is to be ended by a worker from there: so long its queue is given to send one. A
 * host that comes back does so within minutes.
 */
export const WRONG_WORKER_PATIENCE_MS = 10 * 60_000;

/** Between two tries of what failed. */
export const PATIENCE_BACKOFF_MS = 3_000;

/** A unit's output is read whole into memory; the largest that real tasks write are some MiB. */
export const LARGEST_OUTPUT_BYTES = 256 * 1024 * 1024;

/**
 * Ended batches whose outputs are read at once, in one worker: each holds some thousands of units, and more would be
 * no quicker. More than one, since one may have to wait for late files.
 */
export const BATCHES_COLLECTED_AT_ONCE = 4;

/** Unit outputs read at once, for each of them: enough to hide a shared file system's latency, few enough for its open files. */
export const OUTPUTS_READ_AT_ONCE = 32;

/** Between two looks for a file that the node has written and this host does not see yet. */
export const LATE_FILE_LOOK_MS = 250;

/** The end of a unit's log that travels with a failure. */
export const LOG_TAIL_LINES = 30;
export const LOG_TAIL_CHARACTERS = 2_000;

/** Failed units that a held run carries and shows; `units` of the command line has them all. */
export const HELD_UNITS_SHOWN = 10;
export const HELD_MESSAGE_CHARACTERS = 200;

/** For how long one attempt asks what became of a batch of an earlier run: some rounds of a scheduler's queue. */
export const EARLIER_BATCH_PATIENCE_SECONDS = 60;
export const EARLIER_BATCH_INTERVAL_MS = 1_000;

/** Logs that are looked through at once for warnings: far below what a process may have open. */
export const LOGS_AT_ONCE = 16;

/** Files that are read from afar in pieces, at once: of these a worker remembers the digests. */
export const DIGESTS_REMEMBERED = 64;

/** The largest request that is taken in pieces: a million images are some 300 MiB. */
export const LARGEST_SPILL_BYTES = 1024 * 1024 * 1024;
