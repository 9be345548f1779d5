/** SLURM's job states (squeue(1), JOB STATE CODES) and what they mean for a batch. Pure. */
import { SCRIPT_EXITS } from '../../../batch/exit-codes.js';
import type { EndCause } from '../../../batch/end-causes.js';
import { SHOWN_CHARACTERS } from '../tunables.js';

/** What a batch's status can be derived from; `unheard` is shown as it is and means nothing else. */
export type StateClass = 'pending' | 'running' | 'ended' | 'unheard';

const CLASSES: Readonly<Record<string, StateClass>> = {
  CONFIGURING: 'pending',
  PENDING: 'pending',
  REQUEUED: 'pending',
  REQUEUE_FED: 'pending',
  REQUEUE_HOLD: 'pending',
  RESV_DEL_HOLD: 'pending',
  // Fractal counts it among the ends; it is a requeued job that is held.
  SPECIAL_EXIT: 'pending',
  // Its processes may still write.
  COMPLETING: 'running',
  RESIZING: 'running',
  RUNNING: 'running',
  SIGNALING: 'running',
  STAGE_OUT: 'running',
  STOPPED: 'running',
  SUSPENDED: 'running',
  BOOT_FAIL: 'ended',
  CANCELLED: 'ended',
  COMPLETED: 'ended',
  DEADLINE: 'ended',
  FAILED: 'ended',
  NODE_FAIL: 'ended',
  OUT_OF_MEMORY: 'ended',
  PREEMPTED: 'ended',
  REVOKED: 'ended',
  TIMEOUT: 'ended',
};

/** `CANCELLED by 1000` and `CANCELLED+` are CANCELLED. */
export const baseState = (state: string): string => /^[A-Z_]+/.exec(state.trim())?.[0] ?? state.trim();

export const classOfState = (state: string): StateClass => CLASSES[baseState(state)] ?? 'unheard';

/** `3:0` is exit 3, `0:9` signal 9. */
export interface JobExit {
  code: number;
  signal: number;
}

export const parseExit = (text: string): JobExit | null => {
  const match = /^([0-9]+):([0-9]+)$/.exec(text.trim());
  return match === null ? null : { code: Number(match[1]), signal: Number(match[2]) };
};

export interface EndFacts {
  state: string;
  exit: JobExit | null;
  /** Last lines of the job's stderr; '' where there are none. */
  stderrTail: string;
  /** The job has claimed the batch: the lines of site and user before the units are behind it. */
  claimed: boolean;
}

const EXITS: readonly number[] = Object.values(SCRIPT_EXITS);
const SIGKILL = 9;

/** What slurmstepd writes where no cgroup limits memory and slurm.conf has OverMemoryKill. */
export const overMemory = (stderrTail: string): boolean =>
  /Exceeded (job|step) memory limit/i.test(stderrTail);

/** Why a job ended, as far as SLURM knows (docs/slurm.md, end states). */
export const endCauseOf = ({ state, exit, stderrTail, claimed }: EndFacts): EndCause => {
  switch (baseState(state)) {
    case 'COMPLETED':
      return 'completed';
    case 'OUT_OF_MEMORY':
      return 'out_of_memory';
    case 'TIMEOUT':
    case 'DEADLINE':
      return 'timeout';
    case 'BOOT_FAIL':
    case 'NODE_FAIL':
    case 'PREEMPTED':
    case 'REVOKED':
      return 'node';
    case 'CANCELLED':
      return overMemory(stderrTail) ? 'out_of_memory' : 'cancelled';
    default:
      if (exit?.code === SCRIPT_EXITS.cancelled) return 'cancelled';
      // A node that reboots at once reports its jobs as ended with 1, which a script that runs units never does.
      if (exit?.signal === 0 && claimed && !EXITS.includes(exit.code)) return 'node';
      if (exit === null || exit.signal === 0) return 'failed';
      return exit.signal === SIGKILL && overMemory(stderrTail) ? 'out_of_memory' : 'signal';
  }
};

/** Taken from a job by the scheduler's own decision: nothing is wrong with the node. */
const TAKEN_AWAY: readonly string[] = ['PREEMPTED', 'REVOKED'];

/** Whether a job of cause `node` was lost with its node (failed, not booted, started anew), not taken from it. */
export const nodeAtFault = (cause: EndCause, state: string): boolean =>
  cause === 'node' && !TAKEN_AWAY.includes(baseState(state));

/** Reasons that never clear by themselves, or only when somebody acts: the operator has to know. */
const STUCK: Readonly<Record<string, string>> = {
  PartitionTimeLimit:
    'it asks for more time than its partition allows and will never start: lower `time`, cancel the run',
  PartitionNodeLimit: 'it asks for more nodes than its partition has and will never start: cancel the run',
  PartitionConfig:
    'it asks for more than its partition has and will never start: lower cpus_per_task or mem, cancel the run',
  BadConstraints: 'no node can ever fulfil what it asks for: change constraint, mem or cpus_per_task',
  JobHeldUser: 'it is held by its user: `scontrol release` lets it start',
  JobHeldAdmin: 'it is held by an administrator: ask them',
  DependencyNeverSatisfied: 'what it waits for has failed, it will never start: cancel the run',
  PartitionDown: 'its partition is down: ask the administrators',
  PartitionInactive: 'its partition is switched off: ask the administrators',
  'job requeued in held state': 'SLURM holds it: `scontrol release` lets it start',
  'launch failed requeued held':
    'a node could not start it, SLURM holds it: `scontrol release` lets it start',
  ReqNodeNotAvail: 'a node that it needs is down, drained or reserved',
  AssocMaxWallDurationPerJobLimit:
    'it asks for more time than its account allows and will never start: lower `time`',
  QOSMaxWallDurationPerJobLimit:
    'it asks for more time than its QOS allows and will never start: lower `time`',
};

const STUCK_STATES: Readonly<Record<string, string>> = {
  REQUEUE_HOLD: 'SLURM has put it back into the queue and holds it: `scontrol release` lets it start',
  SPECIAL_EXIT: 'SLURM has put it back into the queue and holds it: `scontrol release` lets it start',
  RESV_DEL_HOLD: 'its reservation is gone: `scontrol release` lets it start',
};

/** One line of bounded length, for heartbeats. */
export const shortened = (words: string): string => {
  const line = words.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS - 3)}...`;
};

/** `ReqNodeNotAvail, UnavailableNodes:n1` begins with the reason's name. */
const adviceFor = (reason: string): string | undefined =>
  STUCK[reason] ?? Object.entries(STUCK).find(([name]) => reason.startsWith(`${name},`))?.[1];

/** Why a job waits, in SLURM's word and, where somebody has to act, what to do. */
export const pendingReason = (state: string, reason: string): string | null => {
  const base = baseState(state);
  const word = ['', 'None', '(null)'].includes(reason) ? '' : reason;
  const advice = STUCK_STATES[base] ?? adviceFor(word);
  const name = base === 'PENDING' ? word : [base, word].filter((part) => part !== '').join(', ');
  if (name === '') return null;
  // A list of unavailable nodes has no end.
  const short = shortened(name);
  return advice === undefined ? short : `${short}: ${advice}`;
};

/** Reasons that a list of nodes to leave out can be the cause of. */
export const lacksNodes = (reason: string): boolean => /^(BadConstraints|ReqNodeNotAvail)\b/.test(reason);
