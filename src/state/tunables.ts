/** Tunables of the state files. */

/** Text gathered before a write: large enough to make few system calls, small beside the memory of a worker. */
export const WRITE_CHUNK_CHARACTERS = 1 << 20;
