/** The environment of a supervised worker: made anew from an allow list, nothing comes along (docs/users.md). Pure. */
import type { Environment } from '../server/folders.js';
import type { Account } from './accounts.js';

/** Of the supervisor's own environment: which server, where the cluster is, language and time zone. */
const HANDED_ON = /^(TEMPORAL_\w+|FRACTAL_TEMPORAL_KEYS|SLURM_CONF|LANG|LANGUAGE|LC_\w+|TZ)$/;

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/** What would run before or in place of what is meant: the loader's, Node's, the shell's start-up. */
const BEFORE_ALL = /^(LD_|DYLD_|NODE_|npm_|BASH_|GCONV_PATH$|GLIBC_TUNABLES$|MALLOC_)/;
const OF_SHELLS = ['ENV', 'SHELLOPTS', 'BASHOPTS', 'PS4', 'IFS', 'PROMPT_COMMAND', 'CDPATH'];
const OF_ACCOUNT = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'PWD'];

/** Why a worker may not be given a variable of this name; null when it may. */
export const whyForbidden = (name: string): string | null => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'the name of an environment variable';
  if (BEFORE_ALL.test(name) || OF_SHELLS.includes(name))
    return 'no variable that loader, Node or shell act upon before the program does';
  return null;
};

/** The same for what a file of users may set. */
export const whyNotSettable = (name: string): string | null => {
  if (OF_ACCOUNT.includes(name)) return 'no variable that comes from the passwd entry';
  if (/^(FRACTAL_)?TEMPORAL_/.test(name))
    return "no variable that comes from the supervisor's own environment";
  return whyForbidden(name);
};

export const workerVariables = (
  own: Environment,
  account: Account,
  given: Readonly<Record<string, string>>,
): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(own).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      return value !== undefined && HANDED_ON.test(name) && whyForbidden(name) === null;
    }),
  ),
  PATH: DEFAULT_PATH,
  ...given,
  HOME: account.home,
  SHELL: account.shell,
  USER: account.name,
  LOGNAME: account.name,
});
