/** What one attempt of `runBatch` tells metrics and log: adoption, and how long the batch waited before it began. */
import { stat } from 'node:fs/promises';
import { Context, log } from '@temporalio/activity';
import type { Batch, BatchStatus, Handle } from '../../batch/contract.js';
import type { JournalReport } from '../../batch/read-journals.js';
import type { RunnerMetrics } from '../../monitor/runner-metrics.js';
import type { BatchHeartbeat } from '../../wire/progress.js';

export interface BatchWatch {
  /** Submits, and knows an adoption from a first submission. */
  submitting(batch: Batch, submit: () => Promise<Handle>): Promise<Handle>;
  /** With each look at the batch, and at its end. */
  seen(batch: Batch, status: BatchStatus | null, journal: JournalReport | null): void;
}

const changedAt = async (path: string): Promise<number | null> => {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return null;
  }
};

/** An attempt before this one has seen it begin, and told so. */
const wasSeenRunning = (): boolean => {
  const details = Context.current().info.heartbeatDetails as Partial<BatchHeartbeat> | undefined;
  return details?.state === 'running' || details?.state === 'collecting';
};

/**
 * The waiting time is the storage's: from the intent, which is written once, to the owner file, the script's first act.
 * A batch that was seen waiting after that (a local one that other runs leave no slot) has begun later.
 */
export const watchBatch = (metrics: RunnerMetrics | undefined): BatchWatch => {
  let told = wasSeenRunning();
  let lastWaiting = 0;
  let earlier: Promise<boolean> | null = null;
  const tellWait = async (batch: Batch): Promise<void> => {
    const [submitted, begun] = await Promise.all([
      changedAt(batch.paths.intent),
      changedAt(batch.paths.owner),
    ]);
    if (submitted === null || begun === null) return;
    metrics?.queueWait(Math.max(0, Math.max(begun, lastWaiting) - submitted) / 1000);
  };
  return {
    submitting: async (batch, submit) => {
      // Looked at once: a submission that storage made fail is tried again by the same attempt.
      earlier ??= changedAt(batch.paths.intent).then((at) => at !== null);
      const isAdopted = await earlier;
      const handle = await submit();
      if (isAdopted) metrics?.adopted();
      log.info(isAdopted ? 'batch adopted' : 'batch submitted', {
        key: batch.key,
        units: batch.unitCount,
        job_id: handle.jobId,
      });
      return handle;
    },
    seen: (batch, status, journal) => {
      if (told || metrics === undefined) return;
      if (status?.state === 'pending' && status.reason !== null) {
        lastWaiting = Date.now();
        return;
      }
      const begun = status === null || status.state === 'running' || (journal?.copies.length ?? 0) > 0;
      if (!begun) return;
      told = true;
      void tellWait(batch);
    },
  };
};
