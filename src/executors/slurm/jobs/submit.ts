/**
 * Submission, idempotent by the batch's key (docs/slurm.md, exactly once).
 *
 * sbatch is not atomic: a job may be accepted without anybody seeing its id. So an intent is on record before, and
 * where an earlier attempt has left one without an id, the job is looked for by its name, the time in which a late
 * request can still arrive is waited out, and it is looked for again, before anything is submitted once more.
 */
import { hostname } from 'node:os';
import { WrongWorker } from '../../../batch/errors.js';
import type { Batch, ExecutorContext, Handle } from '../../../batch/contract.js';
import { findJob, lookAgain } from './look-up.js';
import { submitUntilTaken } from './sbatch-loop.js';
import type { Scheduler } from './scheduler.js';
import {
  createIntent,
  readAttempts,
  readIntent,
  readJobId,
  readOwner,
  recordJobId,
} from './submission-files.js';
import { hasTombstone, refuseEnded, slurmScript } from './submission.js';

/** The job of an earlier submission, once it is certain that there is one or none. */
const adopt = async (
  scheduler: Scheduler,
  batch: Batch,
  clusterName: string | null,
  context: ExecutorContext,
): Promise<string | null> => {
  const intent = await readIntent(batch);
  const from = intent?.created ?? Date.now();
  if (typeof intent?.user === 'string' && intent.user !== scheduler.user) {
    throw new WrongWorker(
      `Batch ${batch.key} was submitted by user ${intent.user}; this worker on ${hostname()} acts for ${scheduler.user}.`,
    );
  }
  if (typeof intent?.cluster === 'string' && clusterName !== null && intent.cluster !== clusterName) {
    throw new WrongWorker(
      `Batch ${batch.key} was submitted to cluster ${intent.cluster}; this worker on ${hostname()} is of ${clusterName}.`,
    );
  }
  const onRecord = (await readJobId(batch)) ?? (await readAttempts(batch)).jobId ?? (await readOwner(batch));
  if (onRecord !== null) return recordJobId(batch, onRecord);

  context.note('an earlier submission left no job id: looking for its job');
  const found = await findJob(scheduler, batch, from, context);
  if (found !== null) return recordJobId(batch, found);

  const { openSince } = await readAttempts(batch);
  const lasting =
    openSince === null
      ? 0
      : openSince + scheduler.config.runner_config.sbatch_timeout_seconds * 1000 - Date.now();
  return lookAgain(scheduler, batch, { from, waitMs: Math.max(0, lasting) }, context);
};

/** @throws NeverSubmitted, SubmissionRefused, WrongWorker as the executor contract says. */
export const submitBatch = async (
  scheduler: Scheduler,
  batch: Batch,
  context: ExecutorContext,
): Promise<Handle> => {
  // What would break the script is found before anything is on record.
  slurmScript(batch, scheduler.config);
  const { clusterName } = await scheduler.settings();
  const handle = (jobId: string): Handle => ({
    jobId,
    facts: { user: scheduler.user, cluster: clusterName },
  });

  if ((await hasTombstone(batch)) && (await readIntent(batch)) === null) await refuseEnded(batch);
  const fresh = await createIntent(batch, {
    user: scheduler.user,
    cluster: clusterName,
    created: Date.now(),
  });
  if (!fresh) {
    const earlier = await adopt(scheduler, batch, clusterName, context);
    if (earlier !== null) return handle(earlier);
  }
  return handle(await submitUntilTaken(scheduler, batch, context));
};
