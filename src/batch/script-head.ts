/** The head of a batch script: shebang, the backend's own lines, and what happens when one of those fails. Pure. */
import { SCRIPT_EXITS } from './exit-codes.js';

export interface ScriptHead {
  /** Lines of the backend, before all else: `#SBATCH`, exports, the user's own set-up. They stand as they are. */
  header: string[];
  /** A line of the header that fails ends the script before it has claimed its batch. */
  preambleFails?: boolean;
  /** Of the script's own files, and the one that header and units get in its place; null: that of the script's start. */
  umasks: { files: string; units: string | null };
  /** The script is run by a login shell: the profiles of system and user come first. */
  loginShell?: boolean;
}

/**
 * Only lines of the script itself count: a file that they source, or a function that they call, may let a command of
 * its own fail, as environments' own scripts do all the time.
 */
const TRAP = [
  // Bash 4.2 has the trap's own `[[` in BASH_COMMAND after it.
  "trap 'ft_status=$? ft_command=$BASH_COMMAND",
  '[[ ${#BASH_SOURCE[@]} -gt 1 ]] || {',
  '  printf "this line before the units failed with status %s: %s\\n" "$ft_status" "$ft_command" >&2',
  `  exit ${SCRIPT_EXITS.preambleFailed}`,
  "}' ERR",
];

/**
 * What a scheduler makes for the script (a job's output) has the rights of the script's own files, since sbatch hands
 * its umask on. Nobody else has to do with that one; where a login shell's profile has set another, that counts.
 */
const giveBackUmask = ({ files, units }: ScriptHead['umasks']): string[] =>
  units === null || units === files ? [] : [`[[ $(umask) != ${files} ]] || umask ${units}`];

/** Comments at its beginning stay at the beginning, where sbatch reads them. The empty line ends a `\` before it. */
export const scriptHead = ({
  header,
  umasks,
  preambleFails = false,
  loginShell = false,
}: ScriptHead): string[] => {
  const first = header.findIndex((line) => !line.startsWith('#'));
  const comments = first < 0 ? header : header.slice(0, first);
  const lines = first < 0 ? [] : header.slice(first);
  const guarded = preambleFails && lines.length > 0 ? [...TRAP, ...lines, '', 'trap - ERR'] : [...lines, ''];
  return [loginShell ? '#!/bin/bash -l' : '#!/bin/bash', ...comments, ...giveBackUmask(umasks), ...guarded];
};
