/** Every number of this area in one place, each with its reason. */

/** One question to the server. */
export const ANSWER_MS = 5_000;

/** Times of several hosts are compared by people (logs, records) and by `make`-like tools, which trip over seconds. */
export const CLOCK_TOLERANCE_S = 2;

/** The server notes a poll a moment after it came. */
export const CLOCK_LOOK_MS = 5_000;
export const CLOCK_STEP_MS = 100;

/** It refuses a poll that has less than 2 s. */
export const CLOCK_POLL_MS = 10_000;

/** What ended on Friday should still be there after a week of holidays. */
export const RETENTION_WARNING_DAYS = 7;

/** The database of some thousand runs, logs of units, plans: below this a disk is full soon. */
export const FREE_WARNING_BYTES = 5 * 1024 ** 3;

/** A unit has three files. */
export const FREE_WARNING_INODES = 100_000;

/** Nothing can be begun with less. */
export const FREE_PROBLEM_BYTES = 200 * 1024 ** 2;
