/**
 * The local backend: batches run on the worker's own host.
 *
 * ```ts
 * const lock = await acquireWorkerLock({ stateDir, queue: 'fractal-local' });
 * const backend = createLocalBackend({ stateDir, queue: 'fractal-local' });
 * ```
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '../../batch/contract.js';
import type { GivenRecovery } from '../../wire/recovery.js';
import type { LocalConfig } from './config.js';
import { createLocalExecutor } from './executor.js';
import { cacheFolder } from '../../server/folders.js';
import { hostFiles, queueFolder, warmFolder } from './folders.js';
import { localLayout } from './layout.js';
import { hostResources } from './resources.js';
import { localScript } from './process/submit.js';
import { createWarmUp } from './process/warm-up.js';
import { LATE_FILES_MS } from './tunables.js';

export { acquireWorkerLock } from './worker-lock.js';

export interface LocalBackendOptions extends Partial<
  Pick<LocalConfig, 'cpus' | 'mem' | 'gpus' | 'unitThreads'>
> {
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
  /** Units of Python tasks are forked from warmed interpreters unless a task's meta says no (docs/warm-start.md). */
  warmStart?: boolean;
  /** What was learned of environments; default: in this user's cache folder. */
  warmCache?: string;
}

/** @throws RangeError when `maxUnits` is not a positive integer. */
export const createLocalBackend = (options: LocalBackendOptions): Backend => {
  const { maxUnits = availableParallelism(), recovery = {}, unitThreads = true } = options;
  const { stateDir, queue, host, warmStart, warmCache } = options;
  if (!Number.isSafeInteger(maxUnits) || maxUnits < 1) {
    throw new RangeError(`maxUnits: expected a positive integer, got ${maxUnits}`);
  }
  const resources = hostResources(options, maxUnits);
  const warm = {
    root: warmFolder(stateDir, queue),
    cacheFolder: warmCache ?? join(cacheFolder(), 'warm'),
  };
  const place = { warm, resources, unitThreads, gpuFolder: queueFolder(stateDir, queue) };
  return {
    name: 'local',
    lateFilesMs: LATE_FILES_MS,
    recovery,
    layout: (input) => localLayout(input, resources, warmStart),
    script: (batch) => localScript(batch, hostFiles(stateDir, queue, batch.key), place),
    executor: createLocalExecutor({ ...place, stateDir, queue, ...(host === undefined ? {} : { host }) }),
    warmUp: createWarmUp(place),
  };
};
