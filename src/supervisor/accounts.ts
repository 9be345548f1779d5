/** Users as the system knows them: passwd, or the directory service behind it. */
import { execa } from 'execa';
import { ACCOUNTS_MS } from './tunables.js';

export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

const parse = (line: string): Account | null => {
  const [name = '', , uid = '', gid = '', , home = '', shell = ''] = line.split(':');
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return null;
  return { name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || '/bin/sh' };
};

/** Lines of `getent passwd` by name. Pure. */
export const parsePasswd = (text: string): Map<string, Account> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const account = parse(line);
      return account === null ? [] : [[account.name, account] as const];
    }),
  );

/**
 * @param names that no option can be mistaken for (`parseUsersFile`).
 * @throws Error when the system does not answer; those that it does not know are missing.
 */
export const lookUpAccounts = async (names: readonly string[]): Promise<Map<string, Account>> => {
  const { stdout, exitCode, shortMessage } = await execa('getent', ['passwd', ...names], {
    ...{ reject: false, timeout: ACCOUNTS_MS, stdin: 'ignore' },
  });
  // 2: one of them is not there.
  if (exitCode !== 0 && exitCode !== 2)
    throw new Error(`The users could not be looked up: ${shortMessage ?? ''}`);
  return parsePasswd(stdout);
};

/** Why no worker can be started for users: one line each. Pure. */
export const accountProblems = (
  names: readonly string[],
  accounts: ReadonlyMap<string, Account>,
): Map<string, string> => {
  const byUid = new Map<number, string>();
  const problems = new Map<string, string>();
  for (const name of names) {
    const account = accounts.get(name);
    if (account === undefined) problems.set(name, `unknown user: \`getent passwd ${name}\` finds nobody`);
    else if (account.uid === 0) problems.set(name, 'is root (uid 0), whom no worker is started for');
    else {
      const twin = byUid.get(account.uid);
      if (twin !== undefined)
        problems.set(name, `is the same user as ${twin} (uid ${account.uid}): name one`);
      byUid.set(account.uid, name);
    }
  }
  return problems;
};
