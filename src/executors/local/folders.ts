import { join } from 'node:path';

/** Files of one local batch that belong to this host, not to the run (docs/local.md). */
export interface HostFiles {
  folder: string;
  /** Locked while any process of the batch lives. */
  lock: string;
  /** Locked by each warm unit, which cannot inherit the lock of its batch's script. */
  warmLock: string;
  /** How many lanes may run; written by the worker, read by the script. */
  width: string;
  /** Which lanes run; written by the script, read by the worker. */
  lanes: string;
  /** What a worker that starts anew must know of the batch. */
  entry: string;
  /** What the launching shell had to complain about. */
  launch: string;
}

/** The folder of one queue; it must be on this host's own disk. */
export const queueFolder = (stateDir: string, queue: string): string =>
  join(stateDir, encodeURIComponent(queue));

/** Of the servers that fork warm units (docs/warm-start.md). */
export const warmFolder = (stateDir: string, queue: string): string =>
  join(queueFolder(stateDir, queue), 'warm');

export const batchesFolder = (stateDir: string, queue: string): string =>
  join(queueFolder(stateDir, queue), 'batches');

/** Beside the lock of the batch's script: whoever asks for that one asks for both. */
export const warmLockOf = (lock: string): string => `${lock}-warm`;

/** @param folder that of one batch, as it stands in its intent. */
export const filesIn = (folder: string): HostFiles => {
  return {
    folder,
    lock: join(folder, 'lock'),
    warmLock: warmLockOf(join(folder, 'lock')),
    width: join(folder, 'width'),
    lanes: join(folder, 'lanes'),
    entry: join(folder, 'batch.json'),
    launch: join(folder, 'launch.err'),
  };
};

export const hostFiles = (stateDir: string, queue: string, key: string): HostFiles =>
  filesIn(join(batchesFolder(stateDir, queue), key));
