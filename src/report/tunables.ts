/** Every number of this area in one place, each with its reason. */

/** Lines of a log that `status` and `logs` show unless asked for more. */
export const LOG_TAIL_LINES = 20;

/** Runs that `list` shows unless asked for more. */
export const LIST_LIMIT = 50;

/** Failed units that `status` shows with their tails; `logs` has them all. */
export const FAILED_UNITS_SHOWN = 5;

/** A line that has not ended is kept up to this length before it is shown, so that a bar leaves its last state only. */
export const OPEN_LINE_CHARACTERS = 1 << 20;

/** Images of a task that `check` names on a terminal; `--json` has them all. */
export const IMAGES_SHOWN = 3;
