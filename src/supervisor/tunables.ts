/** Every number of this area in one place, each with its reason. */

/** Between two looks at the queues: what a person waits for a worker at most, beside the second that it starts in. */
export const LOOK_SECONDS = 5;

/** A worker without work: long enough that the tasks of a day do not each wait for one, 150 MB that nobody needs. */
export const IDLE_SECONDS = 600;

/** Of all users' queues at once: a queue that the server has not seen for long costs it some 100 ms to load. */
export const LOOKS_AT_ONCE = 4;

/** Workers that start at once: each takes a second of a CPU, and a login node belongs to others, too. */
export const STARTS_AT_ONCE = 4;

/** A client believes a sign for 75 s (src/client/tunables.ts). */
export const SIGN_EVERY_MS = 40_000;

/** The server notes a poll when it has loaded the queue; what is then left of it is given up. */
export const SIGN_HELD_MS = 2_000;

/** First wait after a worker that failed, doubled each time. */
export const BACKOFF_FIRST_MS = 1_000;

/** Longest wait: a mended configuration is picked up without anybody's help, and a broken one costs nothing. */
export const BACKOFF_LONGEST_MS = 300_000;

/** A worker that was ready for so long has not failed at its start: the next wait is the first again. */
export const HEALTHY_MS = 60_000;

/** From the word to end to the end of its process; a worker itself takes 9 s at most (docs/monitoring.md). */
export const END_WITHIN_MS = 12_000;

/** Of what a worker has said last, kept for the status page. */
export const LAST_LINES = 5;

/** passwd may be a directory service far away. */
export const ACCOUNTS_MS = 60_000;

/** `sudo -l` of one user. */
export const SUDO_MS = 30_000;

/** Between two looks of a supervised worker at whether it has anything to do. */
export const BUSY_LOOK_MS = 1_000;

/** A supervisor writes them at once. */
export const SETTINGS_MS = 30_000;

/** A user who was unknown, or could not be become, is looked at again so often: directories and sudoers change. */
export const EXAMINE_EVERY_MS = 600_000;
