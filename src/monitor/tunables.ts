/** Every number of this area in one place, each with its reason. */

/** What a probe waits for the server's answer: orchestrators give a probe 1 to 5 s in all. */
export const SERVER_ANSWER_MS = 2_000;

/** An answer of the server is worth so long: probes and scrapes of several tools cost it one call. */
export const ANSWER_KEPT_MS = 1_000;

/** Longest wait for the SDK's exporter, which is in this process, and for what is refreshed before a scrape. */
export const SCRAPE_MS = 2_000;

/** Resolution of the event loop's delay: far below what anybody would call a stall. */
export const EVENT_LOOP_RESOLUTION_MS = 20;
