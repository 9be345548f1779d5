/** The last word on a job that has ended: cause, use of resources, and what to tell people. */
import { readTombstone } from '../../claims.js';
import { fileTail } from '../../../state/file-tail.js';
import { lastLines } from '../../../state/plain-text.js';
import { TAIL_LINE_CHARACTERS } from '../../../state/tunables.js';
import type { Batch, BatchStatus } from '../../../batch/contract.js';
import type { SlurmCommands } from '../commands/commands.js';
import { explainEnd } from './explain.js';
import { readResources } from '../options/resources.js';
import type { JobAccount } from '../commands/sacct.js';
import { parseScontrolJob, type ControlledJob } from '../commands/scontrol.js';
import { baseState, endCauseOf, nodeAtFault } from '../commands/states.js';
import { readOwner } from '../jobs/submission-files.js';
import { LINES_SHOWN, STDERR_TAIL_LINES } from '../tunables.js';

export type Ended = Extract<BatchStatus, { state: 'ended' }>;

/** What is known of an ended job; `state` from whoever showed it first. */
export interface EndOfJob {
  jobId: string;
  state: string;
  reason: string;
  node: string;
  account: JobAccount | null;
}

/** An end is told also where a file of the run cannot be read. */
const orNull = <T>(reading: Promise<T>): Promise<T | null> => reading.catch(() => null);

const showJob = async (
  jobId: string,
  name: string,
  commands: SlurmCommands,
): Promise<ControlledJob | null> => {
  const end = await commands.ask('scontrol', ['show', 'job', jobId]);
  const job = end.exitCode === 0 ? parseScontrolJob(end.stdout) : null;
  return job?.name === name ? job : null;
};

const plannedMemory = (batch: Batch): string => {
  const { mem_mb_per_unit: mem } = readResources(batch.resources);
  return mem === null ? "the cluster's default" : `${Math.min(batch.unitCount, batch.lanes) * mem} MB`;
};

const timeLimit = (batch: Batch, account: JobAccount | null, shown: ControlledJob | null): string | null => {
  if (typeof account?.timeLimitMinutes === 'number') return `${account.timeLimitMinutes} min`;
  return shown?.timeLimit ?? readResources(batch.resources).time;
};

export const describeEnd = async (batch: Batch, end: EndOfJob, commands: SlurmCommands): Promise<Ended> => {
  const { jobId, account } = end;
  const shown = account === null ? await showJob(jobId, batch.jobName, commands) : null;
  const stderrTail = (await fileTail(`${batch.paths.stdioPrefix}${jobId}.err`, STDERR_TAIL_LINES)) ?? '';
  const shownLines = lastLines(stderrTail, LINES_SHOWN, TAIL_LINE_CHARACTERS);
  const exit = account?.exit ?? shown?.exit ?? null;
  const state = account === null ? end.state : account.state;
  const node = end.node !== '' ? end.node : (account?.node ?? shown?.node ?? null);
  const claimed = (await orNull(readOwner(batch))) === jobId;
  // Lines of site and user, which run before the claim, may say what is wrong on either.
  const stdoutTail = claimed ? null : await fileTail(`${batch.paths.stdioPrefix}${jobId}.out`, LINES_SHOWN);
  const cause = endCauseOf({ state, exit, stderrTail, claimed });
  return {
    state: 'ended',
    cause,
    nodeAtFault: nodeAtFault(cause, state),
    ...(baseState(state) === 'PREEMPTED' ? { preempted: true } : {}),
    schedulerState: state,
    node,
    usage: account?.usage ?? null,
    message: explainEnd({
      ...{ jobId, state, exit, node, reason: end.reason, stderrTail: shownLines },
      stdoutTail: stdoutTail ?? '',
      usage: account?.usage ?? null,
      memoryLimit: account?.requestedMem ?? plannedMemory(batch),
      timeLimit: timeLimit(batch, account, shown),
      cancelledByRun: (await orNull(readTombstone(batch.paths.tombstone)))?.reason === 'cancelled',
    }),
  };
};
