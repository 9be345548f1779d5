/** Errors of one unit's output in its message: the first ones show what is wrong with the task. */
export const MAX_ERRORS_IN_MESSAGE = 5;

/** Misspelt keys that a run carries as warnings: more of them say nothing new. */
export const MAX_SLIPS_IN_WORDS = 8;

/** Names of attributes or types that are listed where one that is asked for is of no image. */
export const NAMES_SHOWN = 10;

/** Values of a filter in its words: a plate has 384 wells at most, and who asks for most of them knows them. */
export const VALUES_SHOWN = 12;
