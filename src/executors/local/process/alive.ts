import type { LockProbe } from './locks.js';
import { batchProcesses } from './processes.js';

/** Whether a process of the batch lives, by its key and its lock file. */
export type Liveness = (key: string, lock: string) => Promise<boolean>;

/**
 * Whether a process of the batch lives. Its lock tells; a lock that is missing tells nothing, since a host's files may
 * be cleaned away under a batch that runs, so then its processes are looked for.
 */
export const createLiveness =
  (lockState: LockProbe): Liveness =>
  async (key, lock) => {
    const state = await lockState(lock);
    return state === 'missing' ? (await batchProcesses(key, lock)).length > 0 : state === 'held';
  };
