/** Every number of this area in one place, each with its reason. */

/** Temporal refuses payloads over 2 MiB and warns at 512 KiB; half the limit leaves room for memo and envelope. */
export const SPILL_OVER_BYTES = 1024 * 1024;

/** The same of an update's argument; each of a task's 100,000 units can be named within it. */
export const UPDATE_BYTES = 1024 * 1024;

/** A query is answered by a worker; when none lives it must not hold up what the server alone can tell. */
export const QUERY_TIMEOUT_MS = 5_000;

/** No server gives up waiting for an update's answer sooner (20 s by default). */
export const LONG_POLL_MS = 5_000;

/** A worker asks its queue anew at least once a minute: one not heard of for longer is gone. */
export const POLLER_SILENT_MS = 75_000;

/** Hex digits of the default workflow id: 64 bits, no collision in anybody's lifetime, still readable. */
export const WORKFLOW_ID_DIGITS = 16;

/** Characters of the workflow's name in it: what a list of runs shows without being cut on most screens. */
export const WORKFLOW_ID_NAME_CHARACTERS = 40;

/** Events looked at to tell whether a run was opened: one that was not has some ten, whatever ended it. */
export const HISTORY_BEGINNING_EVENTS = 100;

/** Key of the memo that holds a run's directory: the history that has it may be gone. */
export const DIRECTORY_MEMO = 'workflow_dir';

/** Key of the memo by which a second start with the same id is recognised. */
export const REQUEST_DIGEST_MEMO = 'request_digest';

/** A piece of a file is a matter of milliseconds; a worker that is just being replaced is waited for. */
export const FILE_WORKFLOW_SECONDS = 120;

/** From afar each look for new events is a short workflow: a silent run is not asked more often. */
export const AFAR_EVERY_MS = 1_500;

/** A file that is read from afar in pieces and has changed meanwhile is read so often. */
export const READS_OF_A_CHANGING_FILE = 5;

/** The end of a log that is read from afar for its last lines. */
export const TAIL_BYTES = 65_536;
