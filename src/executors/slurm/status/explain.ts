/** What happened to a job, in words that a biologist understands and an administrator can use. Pure. */
import type { Usage } from '../../../batch/contract.js';
import { SCRIPT_EXITS } from '../../../batch/exit-codes.js';
import { baseState, overMemory, type JobExit } from '../commands/states.js';

export interface EndedJob {
  jobId: string;
  state: string;
  exit: JobExit | null;
  node: string | null;
  usage: Usage | null;
  /** What was asked for, e.g. `4000M` and `01:00:00`; null where not known. */
  memoryLimit: string | null;
  timeLimit: string | null;
  /** SLURM's reason, '' where there is none. */
  reason: string;
  stderrTail: string;
  /** Of a job that ended before its units. */
  stdoutTail: string;
  /** This run cancelled the batch. */
  cancelledByRun: boolean;
}

const SIGNALS: Readonly<Record<number, string>> = {
  4: 'SIGILL, an instruction that this node’s processor does not have',
  6: 'SIGABRT, the program gave up by itself',
  9: 'SIGKILL, it was killed from outside',
  11: 'SIGSEGV, a fault in the program',
  15: 'SIGTERM, it was told to end',
};

const amount = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;

const canceller = (state: string): string => {
  const uid = /by ([0-9]+)/.exec(state)?.[1];
  if (uid === undefined) return '';
  return uid === '0' ? ' by an administrator' : ` by the user with id ${uid}`;
};

const EXITS: Readonly<Record<number, string>> = {
  [SCRIPT_EXITS.taken]: 'Another job had this batch already; this one started nothing.',
  [SCRIPT_EXITS.cancelled]: 'The batch was cancelled; the job started nothing more.',
  [SCRIPT_EXITS.unwritable]:
    'A file of the run could not be written on the node (disk full, quota, or no permission).',
  [SCRIPT_EXITS.unusable]:
    'The node does not see the run’s folder or its list of units as the worker does. Is it on a shared file system?',
  [SCRIPT_EXITS.preambleFailed]:
    'A line of worker_init or extra_lines failed, so the units were not started (failing_lines is "end").',
};

const signalWord = (signal: number): string => {
  const word = SIGNALS[signal];
  return word === undefined ? '' : ` (${word})`;
};

const failed = ({ exit, reason, jobId }: EndedJob): string => {
  if (reason === 'BadConstraints')
    return 'No node of the cluster can fulfil what the job asks for; it never started.';
  if (exit === null) return 'The job’s script failed.';
  if (exit.signal !== 0) {
    return `The job’s script was ended by signal ${exit.signal}${signalWord(exit.signal)}.`;
  }
  return (
    EXITS[exit.code] ??
    `The job’s script ended with exit code ${exit.code} before all its units had run; see slurm-${jobId}’s .err file and the lines of worker_init.`
  );
};

const sentence = (job: EndedJob): string => {
  const limit = job.memoryLimit === null ? '' : ` of ${job.memoryLimit}`;
  const base = baseState(job.state);
  // Without cgroups only stderr tells.
  const state = ['FAILED', 'CANCELLED'].includes(base) && overMemory(job.stderrTail) ? 'OUT_OF_MEMORY' : base;
  switch (state) {
    case 'COMPLETED':
      return 'The job ran to its end.';
    case 'OUT_OF_MEMORY':
      return `The job needed more memory than its limit${limit}. Ask for more with \`mem\`, or run fewer units at once.`;
    case 'TIMEOUT':
      return `The job took longer than its time limit${job.timeLimit === null ? '' : ` of ${job.timeLimit}`}. Ask for more with \`time\`, or put fewer units into a job.`;
    case 'DEADLINE':
      return 'The job did not end before the deadline that was set for it.';
    case 'NODE_FAIL':
      return 'The node on which the job ran has failed.';
    case 'BOOT_FAIL':
      return 'The node on which the job was to run could not be started.';
    case 'PREEMPTED':
      return 'The cluster took the node away for a job of higher priority.';
    case 'REVOKED':
      return 'The cluster gave the job to another cluster of its federation.';
    case 'CANCELLED':
      return job.cancelledByRun
        ? 'The job was cancelled with its run.'
        : `The job was cancelled${canceller(job.state)}, not by this run.`;
    default:
      return failed(job);
  }
};

const usageWords = ({ usage, state }: EndedJob): string => {
  if (usage === null) return '';
  // SLURM looks at the memory now and then: what outgrew it between two looks was never seen, and would mislead.
  const memory = baseState(state) === 'OUT_OF_MEMORY' ? null : usage.max_rss_bytes;
  const parts = [
    ...(usage.elapsed_seconds === null ? [] : [`ran for ${usage.elapsed_seconds} s`]),
    ...(memory === null ? [] : [`used at most ${amount(memory)} of memory as far as SLURM saw`]),
  ];
  return parts.length === 0 ? '' : ` It ${parts.join(' and ')}.`;
};

const tail = (name: string, text: string): string[] =>
  text.trim() === '' ? [] : [`Last lines of its ${name}:\n${text.trim()}`];

/** One paragraph: what, which job, which state, where, the last lines of its stderr. */
export const explainEnd = (job: EndedJob): string => {
  const where = job.node === null ? '' : ` on ${job.node}`;
  return [
    `${sentence(job)}${usageWords(job)} (SLURM job ${job.jobId}${where}, state ${job.state}${job.exit === null ? '' : `, exit ${job.exit.code}:${job.exit.signal}`})`,
    ...tail('stderr', job.stderrTail),
    ...tail('stdout', job.stdoutTail),
  ].join('\n');
};

/** For a job that SLURM has lost; `window` in seconds. */
export const explainVanished = (jobId: string, windowSeconds: number): string =>
  `SLURM no longer knows job ${jobId}: neither its queue nor its accounting has shown it for ${Math.round(windowSeconds)} s, and its last line was never written. It counts as lost with its node.`;
