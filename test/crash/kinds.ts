/** What can happen to an attempt at one of its operations, and what comes after it. */
import type { ErrorCode, Trouble } from './seam.js';

export const KINDS = [
  // The next attempt finds the site as it was, or everything ended.
  'killed',
  'killed, meanwhile all ends',
  // The next attempt, and all that follows, is a worker of another configuration.
  'killed, then another worker',
  // Only frozen: it comes back to life while the next attempt runs, after that, or after the whole run.
  'frozen, back at once',
  'frozen, back after the next',
  'frozen, back after the run',
  // The same while another worker, of another configuration, has taken over.
  'frozen, another worker, back at once',
  'frozen, another worker, back after the next',
  // The storage fails; the attempt ends by itself, as far as it can.
  'ENOSPC',
  'EIO',
  'ESTALE',
  // The host loses power: what was not synced is empty, or cut.
  'power lost, files empty',
  'power lost, files cut',
] as const;

export type Kind = (typeof KINDS)[number];

export const losesPower = (kind: Kind): boolean => kind.startsWith('power lost');

/** Whether all that follows is done by a worker of another configuration. */
export const takesOver = (kind: Kind): boolean => kind.includes('another worker');

export const isStorage = (kind: Kind): kind is ErrorCode =>
  kind === 'ENOSPC' || kind === 'EIO' || kind === 'ESTALE';

export const troubleOf = (kind: Kind, at: number): Trouble =>
  isStorage(kind) ? { kind: 'error', at, code: kind } : { kind: 'kill', at };
