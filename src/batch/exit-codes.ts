/**
 * Exit codes of the batch script, in one place: batch.sh, docs/batch-script.md and this list are compared by a test.
 */
export const SCRIPT_EXITS = {
  /** Every unit is accounted for, or the command is not executable. */
  closed: 0,
  /** Another copy has the batch. */
  taken: 90,
  /** It found the tombstone. */
  cancelled: 91,
  /** A file could not be written, or no process be started. */
  unwritable: 92,
  /** Working folder or units file are not as they should be. */
  unusable: 93,
  /** A signal; only in the journal, since the script then dies of SIGTERM. */
  signalled: 94,
  /** Told to start nothing more: a new job goes on where it stopped. */
  drained: 95,
  /** A line of site or user before the units failed, and such lines end the job (src/batch/script-head.ts). */
  preambleFailed: 96,
  /** The run is paused: a new job goes on where it stopped, once it is resumed. */
  paused: 97,
} as const;
