/** Every number of this area in one place, each with its reason. */

/** What a probe waits for the server's answer: orchestrators give a probe 1 to 5 s in all. */
export const SERVER_ANSWER_MS = 2_000;

/** An answer of the server is worth so long: probes and scrapes of several tools cost it one call. */
export const ANSWER_KEPT_MS = 1_000;

/** Longest wait for the SDK's exporter, which is in this process, and for what is refreshed before a scrape. */
export const SCRAPE_MS = 2_000;

/** Tries to get a free port for the SDK's exporter: it is found before it is bound, and somebody may be quicker. */
export const EXPORTER_ATTEMPTS = 3;

/** Resolution of the event loop's delay: far below what anybody would call a stall. */
export const EVENT_LOOP_RESOLUTION_MS = 20;

/** Between two looks at what is left where runs are: disks do not fill faster, and Prometheus asks as often. */
export const RUN_FOLDERS_EVERY_MS = 15_000;

/** A batch waits for milliseconds here and for days on a busy cluster. */
const QUEUE_WAIT_SECONDS = [0.1, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200];

/** A controller at rest answers within 50 ms, a busy one after its time-out of minutes. */
const SCHEDULER_CALL_SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Upper ends of the buckets of our histograms. */
export const HISTOGRAM_BUCKETS: Record<string, number[]> = {
  fractal_batch_queue_wait_seconds: QUEUE_WAIT_SECONDS,
  fractal_scheduler_call_seconds: SCHEDULER_CALL_SECONDS,
};
