/** Errors of one unit's output in its message: the first ones show what is wrong with the task. */
export const MAX_ERRORS_IN_MESSAGE = 5;

/** Misspelt keys that a run carries as warnings: more of them say nothing new. */
export const MAX_SLIPS_IN_WORDS = 8;
