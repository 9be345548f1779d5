/** How a try of a batch ends, other than with its last unit. */

/** What its scheduler says of it; `drained`: its script was told to start nothing more, and said so. */
export const WORDS = [
  'completed',
  'failed',
  'drained',
  'signal',
  'out_of_memory',
  'timeout',
  'node_fail',
  'preempted',
  'vanished',
  'cancelled',
  'refused',
] as const;

export interface PlayedEnd {
  word: (typeof WORDS)[number];
  node: string;
  /** So many units come to their own end first. */
  ended: number;
  /** So many are running then, and end with it. */
  running: number;
  /** What their script says of those: nothing, killed, asked to end, or that nobody knows how they ended. */
  left: 'nothing' | 'SIGKILL' | 'SIGTERM' | 'unknown';
  /** It ends before its script writes a line. */
  silent: boolean;
  /** Its scheduler knows nothing at first. */
  unknown: boolean;
}

/**
 * By the number of a batch, an end for each of its tries; where there is none, every unit comes to its own end. Stands in
 * a task's meta under `ends`, so that a request alone brings it about.
 */
export type PlayedEnds = Record<string, PlayedEnd[]>;
