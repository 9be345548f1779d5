import { describe, expect, it } from 'vitest';
import { InvalidCommand, splitCommand } from '../../src/tasks/command.js';
import { pythonRecorded } from '../support/python-recorded.js';

describe('splitCommand', () => {
  it("splits as Python's shlex does, but wants a program", () => {
    for (const [command, words] of pythonRecorded.split) {
      const usable = words !== null && words.length > 0 && words[0] !== '';
      if (usable) expect(splitCommand(command), command).toEqual(words);
      else expect(() => splitCommand(command), command).toThrow(InvalidCommand);
    }
  });

  it.each([...'`#$&*()\\|[]{};<>?!'])('refuses %s, quoted or not, and says so', (character) => {
    expect(() => splitCommand(`python a${character}b`)).toThrow(`without ${character}`);
    expect(() => splitCommand(`python '${character}'`)).toThrow(InvalidCommand);
  });

  it.each([...`%+,-./:=@^_~"'`.replace(/["']/g, '')])('takes %s', (character) => {
    expect(splitCommand(`python a${character}b`)).toEqual(['python', `a${character}b`]);
  });

  it.each(["python 'a\nb'", 'python a\u0000b', 'python \u001b'])(
    'refuses the control character in %j',
    (command) => {
      expect(() => splitCommand(command)).toThrow('without control characters');
    },
  );
});
