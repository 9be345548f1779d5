/**
 * Submission, idempotent by the batch's key (docs/slurm.md, exactly once).
 *
 * sbatch is not atomic: a job may be accepted without anybody seeing its id. So an intent is on record before, and
 * where an earlier attempt has left one without an id, the job is looked for by its name, the time in which a late
 * request can still arrive is waited out, and it is looked for again, before anything is submitted once more.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildBatchScript } from '../../batch/script.js';
import { readTombstone } from '../../batch/tombstone.js';
import { replaceFile } from '../../state/files.js';
import {
  NeverSubmitted,
  SubmissionRefused,
  WrongWorker,
  type Batch,
  type ExecutorContext,
  type Handle,
} from '../contract.js';
import type { Accounting } from './accounting.js';
import { fittingLanes } from './batching.js';
import type { BatchingConfig, SlurmConfig } from './config.js';
import type { SlurmCommands } from './commands.js';
import type { Gate } from './gate.js';
import { slurmHeader } from './header.js';
import { findJob } from './look-up.js';
import type { Poller } from './poller.js';
import { readResources } from './resources.js';
import { callSbatch } from './sbatch-command.js';
import type { ClusterSettings } from './scontrol.js';
import type { PartitionNode } from './sinfo.js';
import {
  createIntent,
  readAttempts,
  readIntent,
  readJobId,
  readOwner,
  recordJobId,
} from './submission-files.js';
import {
  FALLBACK_MESSAGE_TIMEOUT_SECONDS,
  LIMIT_BACKOFF_FIRST_SECONDS,
  LIMIT_BACKOFF_MAX_SECONDS,
} from './tunables.js';

export interface Scheduler {
  config: SlurmConfig;
  user: string;
  commands: SlurmCommands;
  poller: Poller;
  accounting: Accounting;
  gate: Gate;
  settings(): Promise<ClusterSettings>;
  /** All nodes of all partitions; null where there is no answer. */
  sinfo(): Promise<PartitionNode[] | null>;
}

/** How long a request that nobody waits for any more may still reach the controller, in ms. */
export const messageTimeoutMs = async ({ config, settings }: Scheduler): Promise<number> =>
  1000 *
  (config.runner_config.message_timeout_seconds ??
    (await settings()).messageTimeoutSeconds ??
    FALLBACK_MESSAGE_TIMEOUT_SECONDS);

const hasTombstone = async (batch: Batch): Promise<boolean> =>
  (await readTombstone(batch.paths.tombstone)) !== null;

const refuseEnded = async (batch: Batch): Promise<void> => {
  if (await hasTombstone(batch)) throw new NeverSubmitted('The batch was ended before it was submitted.');
};

/** The text that sbatch is given; the same for every attempt. */
export const slurmScript = (planned: Batch, limits: BatchingConfig): string => {
  const batch = { ...planned, lanes: fittingLanes(planned.lanes, readResources(planned.resources), limits) };
  return buildBatchScript({
    batch,
    header: slurmHeader(batch),
    jobIdExpression: '"$SLURM_JOB_ID"',
    restartExpression: '"${SLURM_RESTART_COUNT:-0}"',
    control: null,
  });
};

/** @throws NeverSubmitted, SubmissionRefused, WrongWorker as the executor contract says. */
export const submitBatch = async (
  scheduler: Scheduler,
  batch: Batch,
  context: ExecutorContext,
): Promise<Handle> => {
  const script = slurmScript(batch, scheduler.config.batching_config);
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
  await replaceFile(batch.paths.script, [script]);
  return handle(await submitUntilTaken(scheduler, batch, context));
};

/** The job of an earlier submission, once it is certain that there is one or none. */
const adopt = async (
  scheduler: Scheduler,
  batch: Batch,
  clusterName: string | null,
  context: ExecutorContext,
): Promise<string | null> => {
  const intent = await readIntent(batch);
  const from = intent?.created ?? Date.now();
  if (intent !== null && intent.user !== scheduler.user) {
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

/** Waits until no late request can arrive, then looks once more. */
const lookAgain = async (
  scheduler: Scheduler,
  batch: Batch,
  { from, waitMs }: { from: number; waitMs: number },
  context: ExecutorContext,
): Promise<string | null> => {
  const total = waitMs + (await messageTimeoutMs(scheduler));
  context.note(
    `no job found; waiting ${String(Math.ceil(total / 1000))} s for a late request before looking again`,
  );
  await sleep(total, undefined, { signal: context.signal });
  const onRecord = (await readJobId(batch)) ?? (await readAttempts(batch)).jobId ?? (await readOwner(batch));
  const jobId = onRecord ?? (await findJob(scheduler, batch, from, context));
  return jobId === null ? null : recordJobId(batch, jobId);
};

const preCommandsOf = ({ config }: Scheduler, batch: Batch): readonly string[] => {
  const gpu = readResources(batch.resources).needs_gpu
    ? config.gpu_slurm_config?.pre_submission_commands
    : null;
  return gpu ?? config.default_slurm_config.pre_submission_commands ?? [];
};

const submitUntilTaken = async (
  scheduler: Scheduler,
  batch: Batch,
  context: ExecutorContext,
): Promise<string> => {
  const preCommands = preCommandsOf(scheduler, batch);
  let pauseSeconds = LIMIT_BACKOFF_FIRST_SECONDS;
  for (;;) {
    const startedAt = Date.now();
    const outcome = await scheduler.gate.pass(context, async () => {
      // The intent is on record: whoever cancels from here on either sees it or is seen here.
      await refuseEnded(batch);
      context.signal.throwIfAborted();
      // An attempt that was given up elsewhere may have gone on.
      const already = await readJobId(batch);
      if (already !== null) return { kind: 'accepted', jobId: already } as const;
      return callSbatch(batch, preCommands, {
        commands: scheduler.commands,
        timeoutSeconds: scheduler.config.runner_config.sbatch_timeout_seconds,
      });
    });
    switch (outcome.kind) {
      case 'accepted':
        return taken(scheduler, batch, outcome.jobId);
      case 'refused':
        throw new SubmissionRefused(`SLURM refused the job: ${outcome.words}`);
      case 'ambiguous': {
        context.note(`sbatch gave no clear answer (${outcome.words}); looking for its job`);
        const found =
          (await findJob(scheduler, batch, startedAt, context)) ??
          (await lookAgain(scheduler, batch, { from: startedAt, waitMs: 0 }, context));
        if (found !== null) return taken(scheduler, batch, found);
        break;
      }
      case 'limit':
      case 'busy':
        context.note(`waiting to submit: ${outcome.words}`);
        await sleep(pauseSeconds * 1000 * (0.75 + 0.5 * Math.random()), undefined, {
          signal: context.signal,
        });
        pauseSeconds = Math.min(LIMIT_BACKOFF_MAX_SECONDS, pauseSeconds * 2);
    }
  }
};

const taken = async (scheduler: Scheduler, batch: Batch, accepted: string): Promise<string> => {
  const jobId = await recordJobId(batch, accepted);
  if (await hasTombstone(batch)) {
    for (const id of new Set([jobId, accepted])) await scheduler.commands.ask('scancel', [id]);
  }
  return jobId;
};
