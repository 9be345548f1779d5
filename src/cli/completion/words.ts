/** What can be completed, out of the program's own commands: nothing is written down twice. Pure. */
import type { Argument, Command, Option } from 'commander';

export interface CompletedOption {
  /** `--json`, `-h`. */
  names: string[];
  description: string;
  /** Does a value follow? */
  takesValue: boolean;
  /** What the value may be; empty where it may be anything. */
  choices: readonly string[];
}

export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  /** Values of its arguments that are known; a file completes where there are none. */
  choices: readonly string[];
  commands: CompletedCommand[];
}

const choicesOf = ({ argChoices }: Pick<Option | Argument, 'argChoices'>): readonly string[] =>
  argChoices ?? [];

const optionOf = (option: Option): CompletedOption => ({
  names: [option.short, option.long].filter((name) => typeof name === 'string'),
  description: option.description,
  takesValue: option.required || option.optional,
  choices: choicesOf(option),
});

const help: CompletedOption = {
  names: ['-h', '--help'],
  description: 'display help for command',
  takesValue: false,
  choices: [],
};

/** @param topics what `help` takes besides the names of commands. */
export const completedCommand = (command: Command, topics: readonly string[]): CompletedCommand => ({
  name: command.name(),
  summary: command.summary() || command.description(),
  options: [...command.options.map(optionOf), help],
  choices:
    command.name() === 'help'
      ? [...(command.parent?.commands.map((one) => one.name()) ?? []), ...topics]
      : command.registeredArguments.flatMap(choicesOf),
  commands: command.commands.map((one) => completedCommand(one, topics)),
});
