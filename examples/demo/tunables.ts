/** Limits and intervals of the demo, each with its reason. */

/** A waiting person wants to see that something is alive; more often would fill a log. */
export const SIGN_OF_LIFE_SECONDS = 10;

/** Lines of a failed command's output that are shown: the error itself, not the way there. */
export const OUTPUT_TAIL_LINES = 15;

/** `up` is ready in 3-5 s on two cores, the server's binary being there; a loaded machine needs far longer. */
export const UP_READY_SECONDS = 120;

/** Ends in order within a few seconds; one that has not by then hangs and is killed. */
export const UP_STOP_SECONDS = 30;

/** How often a killed `up` is started again: to be tried by hand a few times, not to hide one that cannot live. */
export const UP_RESTARTS = 5;

/** Oldest Python that the task packages take. */
export const PYTHON_MINOR = 11;
