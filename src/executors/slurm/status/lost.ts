/** A job that squeue shows no more: ended and forgotten by the queue, or lost. */
import type { Batch, BatchStatus, Handle } from '../../../batch/contract.js';
import type { AccountAnswer } from '../commands/accounting.js';
import { describeEnd } from './ended.js';
import { isUnknownJob, parseScontrolJob } from '../commands/scontrol.js';
import type { JobAccount } from '../commands/sacct.js';
import { baseState, classOfState } from '../commands/states.js';
import { PERHAPS_REQUEUED, unknown, vanishedStatus, type Watch } from './watch.js';
import type { Scheduler } from '../jobs/scheduler.js';
import {
  REQUEUE_SETTLE_SECONDS,
  FALLBACK_KILL_WAIT_SECONDS,
  FALLBACK_SLURMD_TIMEOUT_SECONDS,
  MIN_VANISH_WINDOW_SECONDS,
  VANISH_MARGIN_SECONDS,
} from '../tunables.js';
import { judgeAbsence, vanishWindowMs, type AccountingWord, type ControllerWord } from './vanished.js';

/** An end in the accounts counts when it lasts: during a requeue they show one for some seconds. */
const hasEnded = ({ state }: JobAccount, absentMs: number, settle: number): boolean =>
  classOfState(state) === 'ended' &&
  (absentMs >= settle || !PERHAPS_REQUEUED.includes(baseState(state))) &&
  absentMs > 0;

const windowOf = async ({ config, settings }: Scheduler): Promise<number> =>
  vanishWindowMs(config.runner_config.vanish_window_seconds, await settings(), {
    minimum: MIN_VANISH_WINDOW_SECONDS,
    margin: VANISH_MARGIN_SECONDS,
    slurmdTimeout: FALLBACK_SLURMD_TIMEOUT_SECONDS,
    killWait: FALLBACK_KILL_WAIT_SECONDS,
  });

const controllerWord = async (
  { commands }: Scheduler,
  jobId: string,
  name: string,
): Promise<ControllerWord> => {
  const end = await commands.ask('scontrol', ['show', 'job', jobId]);
  if (end.exitCode !== 0) return isUnknownJob(end.stderr) ? 'unknown_id' : 'error';
  const job = parseScontrolJob(end.stdout);
  if (job === null) return 'error';
  return job.name === name ? 'ours' : 'other_job';
};

const accountingWord = (answer: AccountAnswer): AccountingWord => {
  if (answer.kind !== 'account') return { kind: answer.kind === 'error' ? 'error' : answer.kind };
  const { state, started, timeLimitMinutes, usage } = answer.account;
  const overdue =
    started !== null &&
    timeLimitMinutes !== null &&
    usage.elapsed_seconds !== null &&
    usage.elapsed_seconds > timeLimitMinutes * 60 + VANISH_MARGIN_SECONDS;
  return { kind: 'state', state, overdue };
};

export const lookForLost = async (
  scheduler: Scheduler,
  batch: Batch,
  handle: Handle,
  watch: Watch,
  roundAt: number,
): Promise<BatchStatus> => {
  const { jobId } = handle;
  const absentMs = roundAt - (watch.absentSince ?? roundAt);
  const windowMs = await windowOf(scheduler);
  const answer =
    absentMs < windowMs
      ? await scheduler.accounting.find(jobId, batch.jobName, watch.lastSeen)
      : await scheduler.accounting.findById(jobId, batch.jobName);
  const account = answer.kind === 'account' ? answer.account : null;
  if (account !== null && hasEnded(account, absentMs, REQUEUE_SETTLE_SECONDS * 1000)) {
    const { state, node } = account;
    return describeEnd(batch, { jobId, state, reason: '', node: node ?? '', account }, scheduler.commands);
  }
  const waiting = `squeue has not shown job ${jobId} for ${Math.round(absentMs / 1000)} s`;
  if (answer.kind === 'error') watch.absentSince = null;
  if (answer.kind === 'error') return unknown(`${waiting}, and ${answer.words}`);
  if (absentMs < windowMs) {
    return unknown(`${waiting}; after ${Math.round(windowMs / 1000)} s it counts as lost`);
  }
  const controller = await controllerWord(scheduler, jobId, batch.jobName);
  switch (judgeAbsence({ absentMs, windowMs, controller, accounting: accountingWord(answer) })) {
    case 'vanished':
      return vanishedStatus(jobId, absentMs, account?.node ?? null);
    case 'start_anew':
      watch.absentSince = null;
      return unknown(
        `${waiting}, and scontrol ${controller === 'ours' ? 'shows it all the same' : 'gives no answer'}`,
      );
    case 'wait':
      return unknown(
        `${waiting}, but accounting says ${account?.state ?? ''}; see \`sacctmgr show runawayjobs\``,
      );
  }
};
