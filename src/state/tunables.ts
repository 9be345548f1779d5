/** Tunables of the state files. */

/** Text gathered before a write: large enough to make few system calls, small beside the memory of a worker. */
export const WRITE_CHUNK_CHARACTERS = 1 << 20;

/** A log's end is read in such pieces, backwards: most logs end with short lines, so that one is enough. */
export const TAIL_CHUNK_BYTES = 64 * 1024;

/** A progress bar of 20,000 states is one line of 1-2 MB; what is longer than this is cut. */
export const TAIL_MAX_BYTES = 4 * 1024 * 1024;

/** A line of a tail is for people, and goes into a failure's details, which Temporal limits. */
export const TAIL_LINE_CHARACTERS = 1_000;
