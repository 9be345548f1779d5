/** Calls sbatch until it has taken the job, refused it for good, or failed for too long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceFile } from '../../../state/files.js';
import { SubmissionRefused } from '../../../batch/errors.js';
import type { Batch, ExecutorContext } from '../../../batch/contract.js';
import { nodesToAvoid } from './avoid.js';
import { findJob, lookAgain } from './look-up.js';
import { readResources } from '../options/resources.js';
import type { SubmissionOutcome } from '../commands/sbatch.js';
import { callSbatch } from './sbatch-command.js';
import { readJobId, recordJobId } from './submission-files.js';
import { endSurplus } from './surplus.js';
import { hasTombstone, refuseEnded, slurmScript } from './submission.js';
import type { Scheduler } from './scheduler.js';
import { spendPatience } from './unclear-patience.js';
import { LIMIT_BACKOFF_FIRST_SECONDS, LIMIT_BACKOFF_MAX_SECONDS } from '../tunables.js';

/** Of these a refusal may be the work of the nodes that the job leaves out. */
const OF_NODES = /node|processors/i;

const writeScript = async ({ config }: Scheduler, batch: Batch, avoidNodes: string[]): Promise<void> => {
  await replaceFile(batch.paths.script, [slurmScript({ ...batch, avoidNodes }, config)]);
};

const createBackOff = ({ signal }: ExecutorContext): (() => Promise<void>) => {
  let seconds = LIMIT_BACKOFF_FIRST_SECONDS;
  return async () => {
    await sleep(seconds * 1000 * (0.75 + 0.5 * Math.random()), undefined, { signal });
    seconds = Math.min(LIMIT_BACKOFF_MAX_SECONDS, seconds * 2);
  };
};

/** The site's own commands before an sbatch of this batch. */
export const preCommandsOf = (config: Scheduler['config'], batch: Batch): readonly string[] => {
  const gpu = readResources(batch.resources).needs_gpu
    ? config.gpu_slurm_config?.pre_submission_commands
    : null;
  return gpu ?? config.default_slurm_config.pre_submission_commands ?? [];
};

const submitOnce = (
  scheduler: Scheduler,
  batch: Batch,
  context: ExecutorContext,
): Promise<SubmissionOutcome> =>
  scheduler.gate.pass(context, async () => {
    // The intent is on record: whoever cancels from here on either sees it or is seen here.
    await refuseEnded(batch);
    context.signal.throwIfAborted();
    // An attempt that was given up elsewhere may have gone on.
    const already = await readJobId(batch);
    if (already !== null) return { kind: 'accepted', jobId: already } as const;
    return callSbatch(batch, preCommandsOf(scheduler.config, batch), {
      commands: scheduler.commands,
      timeoutSeconds: scheduler.config.runner_config.sbatch_timeout_seconds,
    });
  });

/** The job of an sbatch that gave no clear answer; null when there is none. */
const foundAfter = async (
  scheduler: Scheduler,
  batch: Batch,
  outcome: Extract<SubmissionOutcome, { kind: 'ambiguous' | 'unclear' }>,
  startedAt: number,
  context: ExecutorContext,
): Promise<string | null> => {
  if (outcome.kind === 'unclear' && !outcome.perhapsTaken) return null;
  context.note(`sbatch gave no clear answer (${outcome.words}); looking for its job`);
  return (
    (await findJob(scheduler, batch, startedAt, context)) ??
    (await lookAgain(scheduler, batch, { from: startedAt, waitMs: 0 }, context))
  );
};

const taken = async (scheduler: Scheduler, batch: Batch, accepted: string): Promise<string> => {
  const jobId = await recordJobId(batch, accepted);
  if (await hasTombstone(batch)) {
    await Promise.all([...new Set([jobId, accepted])].map((id) => scheduler.scancel(id)));
  } else if (accepted !== jobId) await endSurplus(scheduler, batch, accepted);
  return jobId;
};

/** @throws NeverSubmitted, SubmissionRefused as the executor contract says. */
export const submitUntilTaken = async (
  scheduler: Scheduler,
  batch: Batch,
  context: ExecutorContext,
): Promise<string> => {
  const backOff = createBackOff(context);
  const { unclear_refusal_patience_seconds: patienceSeconds } = scheduler.config.runner_config;
  let avoided = nodesToAvoid(
    batch.avoidNodes,
    readResources(batch.resources),
    batch.avoidNodes.length === 0 ? null : await scheduler.sinfo(),
  );
  await writeScript(scheduler, batch, avoided);
  for (;;) {
    const startedAt = Date.now();
    const outcome = await submitOnce(scheduler, batch, context);
    switch (outcome.kind) {
      case 'accepted':
        return taken(scheduler, batch, outcome.jobId);
      case 'refused':
        if (avoided.length === 0 || !OF_NODES.test(outcome.words)) {
          throw new SubmissionRefused(`SLURM refused the job: ${outcome.words}`);
        }
        context.note(`no longer avoiding ${avoided.join(', ')}: ${outcome.words}`);
        avoided = [];
        await writeScript(scheduler, batch, avoided);
        break;
      case 'ambiguous':
      case 'unclear': {
        const found = await foundAfter(scheduler, batch, outcome, startedAt, context);
        if (found !== null) return taken(scheduler, batch, found);
        if (outcome.kind === 'ambiguous') break;
        await spendPatience(batch, outcome.words, patienceSeconds);
        context.note(`sbatch fails, trying again: ${outcome.words}`);
        await backOff();
        break;
      }
      case 'limit':
      case 'busy':
        context.note(`waiting to submit: ${outcome.words}`);
        await backOff();
    }
  }
};
