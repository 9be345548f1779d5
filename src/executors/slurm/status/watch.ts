/** What the status of a batch is derived from, between two questions. */
import type { BatchStatus } from '../../../batch/contract.js';
import { explainVanished } from './explain.js';
import { shortened } from '../commands/states.js';

/** What is remembered of one batch between two questions. */
export interface Watch {
  registeredAt: number;
  askedAt: number;
  /** Milliseconds since the epoch at which the job was known to live, for accounting's period. */
  lastSeen: number;
  absentSince: number | null;
  /** State of the end that was seen first, and when. */
  ending: { state: string; at: number; roundAt: number } | null;
  /** Round that was looked at last, by its start. */
  roundAt: number;
  last: BatchStatus;
  lastAt: number;
  work: Promise<void> | null;
  /** The job no longer leaves out the nodes of earlier tries. */
  mayUseAllNodes: boolean;
}

export const unknown = (reason: string): BatchStatus => ({ state: 'unknown', reason: shortened(reason) });

/** SLURM may be about to put a job of these states back into its queue. */
export const PERHAPS_REQUEUED: readonly string[] = ['PREEMPTED', 'NODE_FAIL', 'BOOT_FAIL', 'REVOKED'];

export const newWatch = (now: number): Watch => ({
  ...{ registeredAt: now, askedAt: now, lastSeen: 0, absentSince: null, ending: null, roundAt: -1 },
  last: unknown('squeue has not been asked yet'),
  lastAt: now,
  work: null,
  mayUseAllNodes: false,
});

export const vanishedStatus = (jobId: string, absentMs: number, node: string | null): BatchStatus => ({
  state: 'ended',
  cause: 'node',
  schedulerState: null,
  message: explainVanished(jobId, absentMs / 1000),
  node,
  nodeAtFault: true,
  usage: null,
});
