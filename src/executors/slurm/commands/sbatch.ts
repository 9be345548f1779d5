/** What became of an sbatch: accepted, to be tried again, refused for good, or nobody knows. Pure. */
import { isFinalRefusal, sbatchLines } from './refusal-words.js';

/** How a command ended. */
export interface CommandEnd {
  /** null when a signal or a time-out ended it, or when it could not be started. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Why it did not run to its own end; null when it did. */
  cutShort: 'timeout' | 'signal' | 'not_started' | null;
}

export type SubmissionOutcome =
  | { kind: 'accepted'; jobId: string }
  /** A limit on jobs: there will be room. */
  | { kind: 'limit'; words: string }
  /** The controller is away or has no time; it did not take the job. */
  | { kind: 'busy'; words: string }
  /** It will never be taken: sbatch has said so in words that mean nothing else. */
  | { kind: 'refused'; words: string }
  /** It failed for a reason that may pass, or that nobody knows; `perhapsTaken`: not even that it took nothing. */
  | { kind: 'unclear'; words: string; perhapsTaken: boolean }
  /** It may have been taken all the same: look the job up by its name. */
  | { kind: 'ambiguous'; words: string };

/** Names of limits on the number of jobs, which stand on the line before the message. */
const SUBMIT_LIMIT = /\b(Assoc|QOS|Qos|Max|Grp)\w*Submit\w*\b/;
/** Older versions give no name: it may be such a limit, so it is waited for, in view of the operator. */
const UNNAMED_LIMIT = /^(?![\s\S]*\w+Limit\b)[\s\S]*violates accounting\/QOS policy/;

const NOT_TAKEN = [
  /unable to contact slurm controller/i,
  /temporarily unable to accept job/i,
  /Resource temporarily unavailable/i,
  /controller not responding/i,
  /backup controller in standby/i,
  /Could not establish a configuration source/i,
  /partition not available \(inactive or drain\)/i,
  /Required node not available/i,
  /Licenses currently unavailable/i,
  /MaxJobCount limit reached/i,
  /Rate limit exceeded/i,
  /System submissions disabled/i,
  /controller is in standby mode/i,
  /(munge|authenticat|credential)/i,
];

const PERHAPS_TAKEN = [
  /Socket timed out/i,
  /Zero Bytes were transmitted/i,
  /missing socket error/i,
  /Connection (reset|refused|timed out)/i,
  /Communication (connection|shutdown)|Transport endpoint|Broken pipe/i,
];

/** It cannot have got as far as the controller, or the controller has undone it. */
const SURELY_NOT_TAKEN = /pre_submission_commands failed at|I\/O error writing script\/environment/;
/** Shells and timeout(1): found but not executable, not found. */
const NOT_RUN: readonly (number | null)[] = [126, 127];

/** sbatch's own words, without its prefix. */
export const wordsOf = (stderr: string): string =>
  stderr
    .split('\n')
    .map((line) => line.replace(/^\s*sbatch: (error: |fatal: )?/, '').trim())
    .filter((line) => line !== '')
    .join('; ');

/** The job id of `sbatch --parsable`: the last line that is one, since banners on stdout happen. */
export const parseJobId = (stdout: string): string | null =>
  stdout
    .split('\n')
    .map((line) => /^([1-9][0-9]*)(;[^\s;]+)?\s*$/.exec(line)?.[1])
    .findLast((id) => id !== undefined) ?? null;

/** Reads the end of `sbatch --parsable`. */
export const readSubmission = (end: CommandEnd): SubmissionOutcome => {
  const words = wordsOf(end.stderr);
  if (end.cutShort === 'not_started')
    return {
      kind: 'unclear',
      words: words || 'sbatch cannot be started on this host',
      perhapsTaken: false,
    };
  const jobId = parseJobId(end.stdout);
  if (end.exitCode === 0 && jobId !== null) return { kind: 'accepted', jobId };
  if (end.cutShort !== null)
    return { kind: 'ambiguous', words: words || `sbatch did not end (${end.cutShort})` };
  if (end.exitCode === 0) return { kind: 'ambiguous', words: 'sbatch ended without a job id' };
  const own = sbatchLines(end.stderr);
  if (PERHAPS_TAKEN.some((pattern) => pattern.test(own))) return { kind: 'ambiguous', words };
  if (SUBMIT_LIMIT.test(own) || UNNAMED_LIMIT.test(own)) return { kind: 'limit', words };
  if (NOT_TAKEN.some((pattern) => pattern.test(own))) return { kind: 'busy', words };
  // 124 and 137 are `timeout`'s own: it ended sbatch.
  if (end.exitCode === 124 || end.exitCode === 137)
    return { kind: 'ambiguous', words: words || 'sbatch did not end in time' };
  if (jobId !== null)
    return { kind: 'ambiguous', words: words || 'sbatch failed after it had given a job id' };
  if (isFinalRefusal(end.stderr)) return { kind: 'refused', words };
  return {
    kind: 'unclear',
    words: words || `sbatch ended with status ${String(end.exitCode)} and said nothing`,
    perhapsTaken: !NOT_RUN.includes(end.exitCode) && !SURELY_NOT_TAKEN.test(end.stderr),
  };
};
