/** What squeue is asked and how its answer is read (squeue(1)). Pure. */

/** One question serves every job of the user; the name comes last, since other jobs' names may hold anything. */
export const squeueArguments = (user: string): string[] => [
  '-u',
  user,
  '-h',
  '-t',
  'all',
  '-o',
  '%i|%T|%r|%N|%j',
];

export interface QueueRow {
  jobId: string;
  state: string;
  reason: string;
  /** As SLURM writes it, `n1` or `n[1-2]`; '' where none is allocated. */
  node: string;
  name: string;
}

const ROW =
  /^(?<jobId>[0-9]+)(?:[_+]\S*)?\|(?<state>[A-Z_]+)\|(?<reason>[^|]*)\|(?<node>[^|]*)\|(?<name>.*)$/s;

/**
 * The rows of an answer, or null when it is no answer of squeue's: text, but not one row in it. Lines that are no
 * rows (a site's banner, the rest of another job's name with a line break) are passed over. No text at all is an
 * answer: the user has no jobs.
 */
export const parseSqueue = (text: string): QueueRow[] | null => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const rows = lines.flatMap((line) => {
    const groups = ROW.exec(line)?.groups;
    if (groups === undefined) return [];
    const { jobId = '', state = '', reason = '', node = '', name = '' } = groups;
    return [{ jobId, state, reason, node, name }];
  });
  return lines.length > 0 && rows.length === 0 ? null : rows;
};
