/** The last word on a job that has ended: cause, use of resources, and what to tell people. */
import { open } from 'node:fs/promises';
import { readTombstone } from '../../batch/tombstone.js';
import type { Batch, BatchStatus } from '../contract.js';
import type { SlurmCommands } from './commands.js';
import { explainEnd } from './explain.js';
import { readResources } from './resources.js';
import type { JobAccount } from './sacct.js';
import { parseScontrolJob, type ControlledJob } from './scontrol.js';
import { endCauseOf } from './states.js';
import { readOwner } from './submission-files.js';
import { STDERR_TAIL_BYTES } from './tunables.js';

export type Ended = Extract<BatchStatus, { state: 'ended' }>;

/** What is known of an ended job; `state` from whoever showed it first. */
export interface EndOfJob {
  jobId: string;
  state: string;
  reason: string;
  node: string;
  account: JobAccount | null;
}

export const describeEnd = async (batch: Batch, end: EndOfJob, commands: SlurmCommands): Promise<Ended> => {
  const { jobId, account } = end;
  const shown = account === null ? await showJob(jobId, batch.jobName, commands) : null;
  const stderrTail = await readTail(`${batch.paths.stdioPrefix}${jobId}.err`, STDERR_TAIL_BYTES);
  const exit = account?.exit ?? shown?.exit ?? null;
  const state = account === null ? end.state : account.state;
  const node = end.node !== '' ? end.node : (account?.node ?? shown?.node ?? null);
  const facts = { state, exit, stderrTail, claimed: (await readOwner(batch)) === jobId };
  return {
    state: 'ended',
    cause: endCauseOf(facts),
    schedulerState: state,
    node,
    usage: account?.usage ?? null,
    message: explainEnd({
      ...{ jobId, state, exit, node, reason: end.reason, stderrTail: lastLines(stderrTail) },
      usage: account?.usage ?? null,
      memoryLimit: account?.requestedMem ?? plannedMemory(batch),
      timeLimit: timeLimit(batch, account, shown),
      cancelledByRun: (await readTombstone(batch.paths.tombstone))?.reason === 'cancelled',
    }),
  };
};

const showJob = async (
  jobId: string,
  name: string,
  commands: SlurmCommands,
): Promise<ControlledJob | null> => {
  const end = await commands.ask('scontrol', ['show', 'job', jobId]);
  const job = end.exitCode === 0 ? parseScontrolJob(end.stdout) : null;
  return job?.name === name ? job : null;
};

const plannedMemory = (batch: Batch): string =>
  `${String(Math.min(batch.unitCount, batch.lanes) * readResources(batch.resources).mem_mb_per_unit)} MB`;

const timeLimit = (batch: Batch, account: JobAccount | null, shown: ControlledJob | null): string | null => {
  if (typeof account?.timeLimitMinutes === 'number') return `${String(account.timeLimitMinutes)} min`;
  return shown?.timeLimit ?? readResources(batch.resources).time;
};

const LINES_SHOWN = 10;

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');

/** '' when there is no such file, or none that can be read. */
const readTail = async (path: string, bytes: number): Promise<string> => {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, bytes);
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8');
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
};
