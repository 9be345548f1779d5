/**
 * The package's entry `fractal-temporal/backend`: what a backend is made of (docs/writing-a-backend.md). Nothing else of
 * the package is for backends of others to import; what stands here stays.
 */

// The contract, and what its errors mean to the runner.
export { LayoutError, NeverSubmitted, SubmissionRefused, WrongWorker } from './batch/errors.js';
export {
  type Backend,
  type Batch,
  type BatchLayout,
  type BatchNames,
  type BatchPaths,
  type BatchStatus,
  type CancelReport,
  type EndOfBatch,
  type Executor,
  type ExecutorContext,
  type Handle,
  type JobReport,
  type LayoutInput,
  type ReachedLimit,
  type Usage,
} from './batch/contract.js';
export { type EndCause } from './batch/end-causes.js';
export type { JsonObject, JsonValue } from './wire/request.js';

// The batch script, its exit codes, and what it leaves behind.
export { buildBatchScript, type BatchScriptInput } from './batch/script.js';
export { quoteWord } from './batch/quote.js';
export { SCRIPT_EXITS } from './batch/exit-codes.js';
export { readJournals, type JournalReport, type ScriptCopy, type UnitEnd } from './batch/read-journals.js';
export { leaveTombstone, readTombstone, type Tombstone } from './executors/claims.js';

// Files that may be written twice, on storage that may fail.
export { StorageFailed } from './state/errors.js';
export { createExclusive, readIfThere, replaceFile } from './state/files.js';

// What a scheduler's commands and the units get of the worker's environment.
export { plainShellEnvironment, scrubbedEnvironment, unitShellEnvironment } from './executors/environment.js';

// For executors whose batches run on the worker's own host (Linux: /proc, flock(1)).
export { endProcesses, tolerance } from './executors/local/process/cancel.js';
export { BATCH_VARIABLE } from './executors/local/process/launch.js';
export { isLocked } from './executors/local/process/locks.js';
export { batchProcesses, signalProcess } from './executors/local/process/processes.js';
