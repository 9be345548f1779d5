/** Everything that can be tuned in the local backend, each with its reason. */

/** Keeps a batch's plan, script and journal small, and costs only tens of milliseconds each 5,000 units. */
export const UNITS_PER_BATCH = 5_000;

/** A probe holds the lock for a moment only: a script that has not got it after this long has a living twin. */
export const LOCK_WAIT_S = 5;

/** Look-ups of locks that come within this time share one process. */
export const PROBE_GATHER_MS = 5;

/** How often submit looks for the owner file: a script needs about 10 ms to write it. */
export const OWNER_LOOK_MS = 2;

/** A script that lives but has not claimed its batch after this long is stuck (storage away). */
export const OWNER_WAIT_MS = 60_000;

/** From SIGTERM to SIGKILL: as long as a task may need to remove a half-written file. */
export const CANCEL_GRACE_MS = 5_000;

/** How often cancel looks whether the processes are gone. */
export const CANCEL_LOOK_MS = 50;

/** After SIGKILL only a process stuck in the kernel (storage away) is left: cancel fails and is tried again. */
export const CANCEL_LIMIT_MS = 30_000;

/** While some batch waits for its share: how often lanes that have stopped are looked for. */
export const WIDTH_TICK_MS = 200;

/** Of those ticks, how often locks are looked at as well, which costs a process. */
export const WIDTH_PROBE_EVERY_MS = 1_000;

/** How often waiting lanes are told that their worker lives; twelve times within the time after which they give it up. */
export const WIDTH_BEAT_EVERY_MS = 5_000;

/** Where runs outnumber slots, or the slots do not divide evenly: how often it is the next run's turn. */
export const TURN_MS = 5_000;

/** A worker that has just been killed frees its lock within milliseconds; its successor waits this long. */
export const WORKER_LOCK_WAIT_S = 2;

/** In place of the id of a job whose script began without being able to say which it was. */
export const UNKNOWN_JOB = 'unknown';

/** Lines of a script's stderr that are shown when it has failed. */
export const STDERR_TAIL_LINES = 5;

/** Worker and units share one file system view on one host: a file that is not there now will not come. */
export const LATE_FILES_MS = 0;

/** A program that does not tell its version in this time does not work. */
export const PROGRAM_ANSWER_MS = 5_000;
