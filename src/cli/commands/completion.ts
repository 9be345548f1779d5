/** `completion`: the script that a shell completes this program's command lines with. */
import { Argument, type Command } from 'commander';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { completedCommand, type CompletedCommand } from '../completion/words.js';
import { zshCompletion } from '../completion/zsh.js';
import { type Io, print } from '../io.js';
import { topicNames } from '../topics.js';

const shells: Record<string, (program: CompletedCommand) => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const registerCompletion = (program: Command, io: Io, whole: () => Promise<Command>): void => {
  program
    .command('completion')
    .description('the script that completes command lines; how to install it: docs/cli.md, "Completion"')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
    .action(async (shell: string) => {
      // Every command is needed here, not the one that was named.
      print(io, shells[shell]?.(completedCommand(await whole(), topicNames)) ?? '');
    });
};
