/** What scontrol shows of a job and of the cluster's configuration (scontrol(1)). Pure. */
import { parseExit, type JobExit } from './states.js';

export interface ControlledJob {
  jobId: string;
  name: string;
  state: string;
  reason: string;
  exit: JobExit | null;
  node: string | null;
  /** As SLURM writes it, `01:00:00`; null where there is none. */
  timeLimit: string | null;
}

/** A job as `scontrol show job ID` shows it; null when the text is not that. */
export const parseScontrolJob = (text: string): ControlledJob | null => {
  // Names and states come before anything that a user may have written (comment, paths): the first match counts.
  const field = (name: string): string => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(text)?.[1] ?? '';
  const jobId = field('JobId');
  const state = field('JobState');
  if (!/^[0-9]+$/.test(jobId) || state === '') return null;
  const some = (value: string): string | null =>
    ['', '(null)', 'N/A', 'UNLIMITED'].includes(value) ? null : value;
  return {
    jobId,
    name: field('JobName'),
    state,
    reason: field('Reason'),
    exit: parseExit(field('ExitCode')),
    node: some(field('NodeList')),
    timeLimit: some(field('TimeLimit')),
  };
};

/** The controller does not know the id, as against having no answer. */
export const isUnknownJob = (stderr: string): boolean => /Invalid job id specified/i.test(stderr);

export interface ClusterSettings {
  clusterName: string | null;
  messageTimeoutSeconds: number | null;
  killWaitSeconds: number | null;
  slurmdTimeoutSeconds: number | null;
  accounting: boolean | null;
}

/** From `scontrol show config`; null where a line is missing. */
export const parseScontrolConfig = (text: string): ClusterSettings => {
  const value = (name: string): string | null =>
    new RegExp(`^${name}\\s*=\\s*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? null;
  const seconds = (name: string): number | null => {
    const match = /^([0-9]+)( sec)?$/.exec(value(name) ?? '');
    return match === null ? null : Number(match[1]);
  };
  const storage = value('AccountingStorageType');
  return {
    clusterName: value('ClusterName'),
    messageTimeoutSeconds: seconds('MessageTimeout'),
    killWaitSeconds: seconds('KillWait'),
    slurmdTimeoutSeconds: seconds('SlurmdTimeout'),
    accounting: storage === null ? null : !/(^\(null\)$|none$)/i.test(storage),
  };
};
