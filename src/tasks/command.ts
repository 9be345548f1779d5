/** A task's command as words (docs/semantics.md, "Commands"). No shell ever sees it. */
import { split } from 'shlex';
import { hasControlCharacter } from '../images/python-text.js';

/** The command cannot be used; `message` says what was expected. */
export class InvalidCommand extends Error {
  override readonly name = 'InvalidCommand';
}

// Fractal's own list: https://github.com/fractal-analytics-platform/fractal-server/issues/1647
const FORBIDDEN_CHARACTERS = '`#$&*()\\|[]{};<>?!';

/**
 * The words of a task's command, split as a POSIX shell splits (quotes work), without expansions.
 *
 * @throws InvalidCommand for a forbidden character, an open quote, a control character within a word, or no program.
 */
export const splitCommand = (command: string): string[] => {
  const forbidden = [...new Set(command)].filter((character) => FORBIDDEN_CHARACTERS.includes(character));
  if (forbidden.length > 0) throw new InvalidCommand(`a command without ${forbidden.join(' ')}`);
  let words: string[];
  try {
    words = split(command);
  } catch {
    throw new InvalidCommand('a command whose quotes are closed');
  }
  if (words[0] === undefined || words[0] === '') throw new InvalidCommand('a command that names a program');
  if (words.some(hasControlCharacter)) throw new InvalidCommand('a command without control characters');
  return words;
};
