/** Every number of this area in one place, each with its reason. */

/** The Temporal CLI that is downloaded or built; tools/temporal/go.mod and wheels.ts pin the same one. */
export const TEMPORAL_CLI_VERSION = '1.8.2';

/** Oldest `temporal` accepted from PATH: the first whose server (1.29) was seen to honour the raised poll limits. */
export const OLDEST_TEMPORAL_CLI_VERSION = '1.5.0';

/** Seen on two cores with empty Go caches; only told to the user. */
export const GO_BUILD_MINUTES = 'about 5 minutes on two cores';

/** How often a long build says that it is alive: often enough that nobody thinks it hangs. */
export const SIGN_OF_LIFE_SECONDS = 15;

/** No network is most often no error but silence: a download without a first byte after this long is given up. */
export const DOWNLOAD_START_SECONDS = 3;

/** One that stands still for this long in the middle, too. */
export const DOWNLOAD_STALL_SECONDS = 20;

/** Between two looks at what has arrived. */
export const DOWNLOAD_POLL_MS = 100;

/** The archive is some 50 MB: 3 Mbit/s are enough. */
export const DOWNLOAD_TOTAL_SECONDS = 240;

/** The wheel is 40 MB. */
export const WHEEL_TOTAL_SECONDS = 240;

/** pip's own 15 s and 5 retries are 90 s of silence where packets are dropped; an index on demand may need some seconds. */
export const PIP_TIMEOUT_SECONDS = 10;
export const PIP_RETRIES = 1;

/** A build lock not refreshed for this long belongs to a process that is gone. */
export const LOCK_STALE_MS = 10_000;

/** A start on a loaded machine takes seconds; a server that needs longer than this does not come. */
export const SERVER_START_SECONDS = 60;

/** A run is looked at again after a holiday; the histories of 30 days of daily runs are some 100 MB. */
export const RETENTION_DAYS = 30;

/** Of what a server that did not come up has printed: it gives its reason last. */
export const SERVER_LOG_TAIL_LINES = 10;

/** Between two looks whether the server answers: short, since it comes up in about a second. */
export const READY_POLL_MS = 50;

/** One look whether a server answers. */
export const PROBE_TIMEOUT_MS = 3_000;

/** Time for an answer of a server whose address was given, over a network and with TLS. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** One look at the port of a server that does not answer, and one at its TLS. */
export const DIAGNOSIS_TIMEOUT_MS = 3_000;

/** The server closes its database within a second of SIGTERM; after this it is killed (SQLite's WAL survives that). */
export const SERVER_STOP_SECONDS = 15;

/**
 * Reads per second of a shard's task queues. The server's default of 20 costs 100 ms per activity of one
 * workflow after a short burst, on an idle machine too (docs/server.md).
 */
export const QUEUE_POLL_MAX_RPS = 1_000;

/**
 * States of runs that a server keeps at hand, some 30 KiB each, and for how long: its own defaults are 128,000, each until
 * its place is needed, so that a server that is busy for weeks takes gigabytes. Others are read from the database.
 */
export const CACHED_STATES = 8_192;
export const CACHED_STATE_MINUTES = 10;

/** Ports that `up` asks for first, Temporal's own defaults; taken ones are replaced by free ones. */
export const PREFERRED_PORT = 7233;
export const PREFERRED_UI_PORT = 8233;

/** Free ports are found before the server binds them: somebody else may be quicker. */
export const START_ATTEMPTS = 3;

/**
 * How long what a server has said of its search attributes holds: a server up to 1.31 keeps a connection to itself for each
 * question (temporalio/temporal#11289), a quarter of a MiB that only its end gives back. Short enough that one from
 * which somebody has taken an attribute stops few runs.
 */
export const ATTRIBUTES_HOLD_MS = 600_000;

/** The same while some are missing: they may be registered at any moment. */
export const MISSING_ATTRIBUTES_HOLD_MS = 10_000;
