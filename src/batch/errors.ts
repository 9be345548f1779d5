/** What a backend throws where a batch cannot be laid out, submitted or touched by this worker. */

/** The scheduler will never take this batch; `message` holds its own words. */
export class SubmissionRefused extends Error {
  override readonly name = 'SubmissionRefused';
}

/** A tombstone was there before anything of the batch was submitted: nothing of it has run or will. */
export class NeverSubmitted extends Error {
  override readonly name = 'NeverSubmitted';
}

/** This worker is not the one that may touch the batch (other host or user); another attempt may fit. */
export class WrongWorker extends Error {
  override readonly name = 'WrongWorker';
}

/** The meta of a task cannot be laid out: says which key, what was expected and what came. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}
