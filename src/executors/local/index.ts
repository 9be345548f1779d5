/**
 * The local backend: batches run on the worker's own host.
 *
 * ```ts
 * const lock = await acquireWorkerLock({ stateDir, queue: 'fractal-local' });
 * const backend = createLocalBackend({ stateDir, queue: 'fractal-local' });
 * ```
 */
import { availableParallelism } from 'node:os';
import type { Backend } from '../../batch/contract.js';
import type { GivenRecovery } from '../../wire/recovery.js';
import { createLocalExecutor } from './executor.js';
import { localLayout } from './layout.js';
import { LATE_FILES_MS } from './tunables.js';

export { acquireWorkerLock } from './worker-lock.js';

export interface LocalBackendOptions {
  /** Folder on this host's own disk (locks are no use on a shared one); what it holds may be lost in a reboot. */
  stateDir: string;
  /** Activity task queue that this worker serves: one queue is one user and one host. */
  queue: string;
  /** Units at once, over all runs; default: the processors that this process may use. */
  maxUnits?: number;
  /** Defaults of a request's `recovery`. */
  recovery?: GivenRecovery;
  /** Name of this host; default: what the system says. */
  host?: string;
}

/** @throws RangeError when `maxUnits` is not a positive integer. */
export const createLocalBackend = (options: LocalBackendOptions): Backend => {
  const { maxUnits = availableParallelism(), recovery = {}, ...rest } = options;
  if (!Number.isSafeInteger(maxUnits) || maxUnits < 1) {
    throw new RangeError(`maxUnits: expected a positive integer, got ${maxUnits}`);
  }
  return {
    name: 'local',
    lateFilesMs: LATE_FILES_MS,
    recovery,
    layout: (input) => localLayout(input, maxUnits),
    executor: createLocalExecutor({ ...rest, maxUnits }),
  };
};
