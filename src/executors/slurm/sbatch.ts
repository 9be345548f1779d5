/** What became of an sbatch: accepted, to be tried again, refused for good, or nobody knows. Pure. */

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
  /** It will never be taken. */
  | { kind: 'refused'; words: string }
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
  /(munge|authenticat|credential)/i,
];

const PERHAPS_TAKEN = [
  /Socket timed out/i,
  /Zero Bytes were transmitted/i,
  /missing socket error/i,
  /Connection (reset|refused|timed out)/i,
  /Communication (connection|shutdown)|Unspecified error|Transport endpoint|Broken pipe/i,
];

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
    return { kind: 'busy', words: words || 'sbatch cannot be started on this host' };
  const jobId = parseJobId(end.stdout);
  if (end.exitCode === 0 && jobId !== null) return { kind: 'accepted', jobId };
  if (end.cutShort !== null)
    return { kind: 'ambiguous', words: words || `sbatch did not end (${end.cutShort})` };
  if (end.exitCode === 0) return { kind: 'ambiguous', words: 'sbatch ended without a job id' };
  if (PERHAPS_TAKEN.some((pattern) => pattern.test(end.stderr))) return { kind: 'ambiguous', words };
  if (SUBMIT_LIMIT.test(end.stderr) || UNNAMED_LIMIT.test(end.stderr)) return { kind: 'limit', words };
  if (NOT_TAKEN.some((pattern) => pattern.test(end.stderr))) return { kind: 'busy', words };
  // 124 and 137 are `timeout`'s own: it ended sbatch.
  if (end.exitCode === 124 || end.exitCode === 137)
    return { kind: 'ambiguous', words: words || 'sbatch did not end in time' };
  return {
    kind: 'refused',
    words: words || `sbatch ended with status ${String(end.exitCode)} and said nothing`,
  };
};
