/** Errors of one unit's output in its message: the first ones show what is wrong with the task. */
export const MAX_ERRORS_IN_MESSAGE = 5;
