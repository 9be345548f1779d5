/** What sacct is asked and how its answer is read (sacct(1)). Pure. */
import type { Usage } from '../../../batch/contract.js';
import { parseExit, type JobExit } from './states.js';

const FIELDS =
  'JobIDRaw,State,ExitCode,ElapsedRaw,TotalCPU,MaxRSS,ReqMem,TimelimitRaw,Start,NodeList,JobName';

const output = ['-n', '-P', '-o', FIELDS];
const since = (seconds: number): string[] => ['-S', `now-${Math.max(1, Math.ceil(seconds))}seconds`];

/** All jobs of a user that lived in the last `seconds`; without -S sacct begins at midnight. */
export const sacctByUser = (user: string, seconds: number): string[] => [
  '-u',
  user,
  ...since(seconds),
  ...output,
];

/** The jobs of one name; a job that could never run (held, `--begin`) is not among them. */
export const sacctByName = (user: string, name: string, seconds: number): string[] => [
  ...['-u', user, '--name', name],
  ...since(seconds),
  ...output,
];

/** One job, also one that could never run. */
export const sacctById = (jobId: string): string[] => ['-j', jobId, ...output];

export interface JobAccount {
  jobId: string;
  name: string;
  state: string;
  exit: JobExit | null;
  node: string | null;
  usage: Usage;
  /** As sacct writes it: `4000M`. */
  requestedMem: string | null;
  timeLimitMinutes: number | null;
  /** Cluster's local time, as sacct writes it; null before the start. */
  started: string | null;
}

const parseCount = (text: string): number | null => (/^[0-9]+$/.test(text) ? Number(text) : null);

const SIZES: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Bytes of `2848K`, `1.50M`, `0`. */
export const parseSize = (text: string): number | null => {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMGT]?)$/.exec(text.trim());
  const factor = SIZES[match?.[2] ?? ''];
  return match === null || factor === undefined ? null : Math.round(Number(match[1]) * factor);
};

/** Seconds of `[DD-]HH:MM:SS` or `MM:SS.mmm`. */
export const parseDuration = (text: string): number | null => {
  const match = /^(?:([0-9]+)-)?(?:([0-9]+):)?([0-9]+):([0-9]+(?:\.[0-9]+)?)$/.exec(text.trim());
  if (match === null) return null;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
};

/** Accounts by job id; the steps' memory is in their job's. */
export const parseSacct = (text: string): Map<string, JobAccount> => {
  const jobs = new Map<string, JobAccount>();
  for (const line of text.split('\n')) {
    const fields = line.split('|');
    const [
      id = '',
      state = '',
      exit = '',
      elapsed = '',
      cpu = '',
      rss = '',
      mem = '',
      limit = '',
      start = '',
      node = '',
    ] = fields;
    const name = fields.slice(10).join('|');
    if (fields.length < 11 || !/^[0-9]+(\.\S+)?$/.test(id)) continue;
    const maxRss = parseSize(rss);
    const [jobId = ''] = id.split('.', 1);
    if (id === jobId) {
      jobs.set(jobId, {
        jobId,
        name,
        state,
        exit: parseExit(exit),
        node: /^(None assigned|)$/.test(node) ? null : node,
        usage: {
          elapsed_seconds: parseCount(elapsed),
          max_rss_bytes: maxRss,
          cpu_seconds: parseDuration(cpu),
        },
        requestedMem: mem === '' ? null : mem,
        timeLimitMinutes: parseCount(limit),
        started: /^[0-9]/.test(start) ? start : null,
      });
      continue;
    }
    const job = jobs.get(jobId);
    if (job === undefined || maxRss === null) continue;
    job.usage.max_rss_bytes = Math.max(job.usage.max_rss_bytes ?? 0, maxRss);
  }
  return jobs;
};

/** Whether sacct's failure says that the cluster keeps no accounts, rather than that it does not answer. */
export const accountingIsOff = (stderr: string): boolean => /accounting storage is disabled/i.test(stderr);
