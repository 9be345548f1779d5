/** How a process of another user is started: a list of words, never a line for a shell (docs/users.md, "Rights"). */
import { execa } from 'execa';
import type { Account } from './accounts.js';
import { SUDO_MS } from './tunables.js';

/** The one command line that a supervisor starts as a user; sudoers allows exactly this one. */
export const SUPERVISED_ARGUMENTS = ['worker', 'slurm', '--supervised'] as const;

export interface ProgramPlace {
  /** Node and the script that is this program. */
  own: readonly [node: string, script: string];
  /** The file of users names another. */
  named: string | null;
}

export type Becoming = 'setpriv' | 'sudo' | 'nothing';

/** @param uid of the supervisor. */
export const becoming = (uid: number, account: Account): Becoming => {
  if (uid === account.uid) return 'nothing';
  return uid === 0 ? 'setpriv' : 'sudo';
};

/**
 * As root with all groups of the user, of root's own none, and no way back to more rights; by ids, so that it is the
 * account that was looked up.
 */
const setpriv = ({ uid, gid }: Account): string[] => [
  ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups'],
  ...['--inh-caps=-all', '--no-new-privs', '--'],
];

/** `-H` for sudoers that keep HOME; `sudo -l` does not take it. */
const sudo = ({ name }: Account): string[] => ['sudo', '-n', '-H', '-u', name];

const programWords = (how: Becoming, { own, named }: ProgramPlace): string[] => {
  if (named !== null) return [named];
  // sudoers names a program, not an interpreter.
  return how === 'sudo' ? [own[1]] : [...own];
};

/** The words of the command that is this user's worker. Pure. */
export const workerCommand = (uid: number, account: Account, program: ProgramPlace): string[] => {
  const how = becoming(uid, account);
  const words = [...programWords(how, program), ...SUPERVISED_ARGUMENTS];
  if (how === 'nothing') return words;
  return how === 'setpriv' ? [...setpriv(account), ...words] : [...sudo(account), '--', ...words];
};

/** Why this process has no right to become a user, with what to do; null when it has. Nothing of the user's is run. */
export const whyNotBecome = async (
  uid: number,
  account: Account,
  program: ProgramPlace,
): Promise<string | null> => {
  const how = becoming(uid, account);
  if (how === 'nothing') return null;
  const words = [...programWords(how, program), ...SUPERVISED_ARGUMENTS];
  const [file = '', ...rest] =
    how === 'setpriv'
      ? [...setpriv(account), 'true']
      : ['sudo', '-n', '-u', account.name, '-l', '--', ...words];
  const { failed, stderr, shortMessage } = await execa(file, rest, {
    ...{ reject: false, timeout: SUDO_MS, stdin: 'ignore', cwd: '/' },
  });
  if (!failed) return null;
  const said = stderr.trim().split('\n').at(-1) || (shortMessage ?? '');
  // A wrapper of a site's own, or a module's: the path that runs is not the one that people type.
  const named =
    program.named === null ? ', or `program` in the file of users name the one that it allows' : '';
  return how === 'setpriv'
    ? `no right to become this user: ${said}`
    : `no right to become this user by sudo: ${said}. sudoers must allow ${words.join(' ')} as ${account.name} without a password (deploy/sudoers)${named}`;
};
