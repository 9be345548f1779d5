import { quote } from 'shlex';

const CONTROL = /[\u0001-\u001f\u007f]/;
const ESCAPED = /[\u0001-\u001f\u007f'\\]/g;

// Three octal digits: a shorter code would swallow a digit that follows it.
const escape = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;

/**
 * One word of a bash script, whatever characters it holds. Values with control characters become `$'...'` on one
 * line: sbatch refuses a script with a carriage return before a newline.
 *
 * @throws Error when the value holds a NUL, which no process argument can.
 */
export const quoteWord = (value: string): string => {
  if (value.includes('\0')) throw new Error(`a NUL character cannot be passed on: ${JSON.stringify(value)}`);
  return CONTROL.test(value) ? `$'${value.replace(ESCAPED, escape)}'` : quote(value);
};
