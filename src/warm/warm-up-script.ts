/** A script that starts the servers of some commands and tells each the scripts that it will be asked for. Pure. */
import { warmUpBody } from '../batch/script-body.js';
import { quoteWord } from '../batch/quote.js';
import { scriptUmasks } from '../state/rights.js';
import { warmLines, type WarmPlace } from './script-lines.js';

const isPythonScript = ([python, script]: readonly string[]): boolean =>
  python?.startsWith('/') === true && script?.startsWith('/') === true && script.endsWith('.py');

/** Scripts by their interpreter. */
const byInterpreter = (commands: readonly string[][]): Map<string, Set<string>> => {
  const found = new Map<string, Set<string>>();
  for (const command of commands.filter(isPythonScript)) {
    const [python = '', script = ''] = command;
    found.set(python, (found.get(python) ?? new Set()).add(script));
  }
  return found;
};

/** null: none of the commands is `PYTHON SCRIPT.py`. */
export const warmUpScript = (place: WarmPlace, commands: readonly string[][]): string | null => {
  const scripts = byInterpreter(commands);
  if (scripts.size === 0) return null;
  const umasks = scriptUmasks();
  const parts = [...scripts].map(([python, names]) => {
    const command = [python, ...names];
    return [
      '(',
      `ft_command=(${command.map(quoteWord).join(' ')})`,
      ...warmLines(place, command),
      'ft_warm_announce',
      ')',
    ].join('\n');
  });
  return [
    ...(umasks.units === null ? [] : [`umask ${umasks.units}`]),
    `ft_umask=${umasks.files}`,
    'ft_key=warm-up',
    warmUpBody,
    ...parts,
    '',
  ].join('\n');
};
