import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaveTombstone, type Tombstone } from '../../claims.js';
import { StorageFailed } from '../../../state/errors.js';
import type { BatchNames, ExecutorContext } from '../../../batch/contract.js';
import type { HostFiles } from '../folders.js';
import { probeLock, type LockProbe } from './locks.js';
import { batchProcesses, signalProcess } from './processes.js';
import { CANCEL_GRACE_MS, CANCEL_LIMIT_MS, CANCEL_LOOK_MS } from '../tunables.js';

/**
 * From now on no script of the batch starts anything; survives a loss of power.
 *
 * @throws StorageFailed, also where the folder is gone: a run that somebody has removed is not made anew.
 */
export const writeTombstone = async ({ paths }: BatchNames): Promise<Tombstone> => {
  const folder = dirname(paths.tombstone);
  try {
    await access(folder);
  } catch (error) {
    throw new StorageFailed(folder, 'cannot leave a tombstone in', error);
  }
  return leaveTombstone(paths.tombstone, { reason: 'cancelled' });
};

/**
 * For work that must come to its end whatever the run's files are like: a failure of the storage is put aside until
 * `told` is asked.
 */
export const tolerance = (): {
  allow<T>(work: () => Promise<T>, otherwise: T): Promise<T>;
  /** What can never be read or written, in words; null when nothing was. Throws a failure that may pass. */
  told(): string | null;
} => {
  const failures: StorageFailed[] = [];
  return {
    allow: async (work, otherwise) => {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StorageFailed)) throw error;
        failures.push(error);
        return otherwise;
      }
    },
    told: () => {
      const passing = failures.find((failure) => !failure.isPermanent);
      if (passing) throw passing;
      if (failures.length === 0) return null;
      const words = [...new Set(failures.map(({ message }) => message))].join('; ');
      return `${words}. No process of the batch is left on this host; one that starts later would not know that it was cancelled`;
    },
  };
};

/**
 * Ends all processes of a batch: SIGTERM, a grace, SIGKILL. The tombstone must be there: a script that takes the
 * lock afterwards sees it and starts nothing.
 *
 * @throws Error when something is left after all that (a process that hangs in the kernel), or the signal's reason.
 */
export const endProcesses = async (
  batch: BatchNames,
  files: Pick<HostFiles, 'lock'>,
  context: ExecutorContext,
  lockState: LockProbe = probeLock,
): Promise<void> => {
  const began = Date.now();
  const asked = new Set<number>();
  for (;;) {
    // The lock first: what still lived then is found, or has ended in between.
    const locked = (await lockState(files.lock)) === 'held';
    const pids = await batchProcesses(batch.key, files.lock);
    if (!locked && pids.length === 0) return;
    const waited = Date.now() - began;
    if (waited > CANCEL_LIMIT_MS) {
      throw new Error(`batch ${batch.key}: processes ${pids.join(', ') || '(unknown)'} outlive SIGKILL`);
    }
    for (const pid of pids) {
      if (waited > CANCEL_GRACE_MS) signalProcess(pid, 'SIGKILL');
      else if (!asked.has(pid)) signalProcess(pid, 'SIGTERM');
      asked.add(pid);
    }
    context.note(`ending ${pids.length} processes`);
    await sleep(CANCEL_LOOK_MS, undefined, { signal: context.signal });
  }
};
