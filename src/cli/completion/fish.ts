/** The script for fish. Pure. */
import type { CompletedCommand } from './words.js';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const linesOf = (program: string, command: CompletedCommand, condition: string): string[] => [
  ...command.commands.map(
    ({ name, summary }) =>
      `complete -c ${program} -f -n ${quoted(condition)} -a ${name} -d ${quoted(summary)}`,
  ),
  ...command.choices.map((word) => `complete -c ${program} -f -n ${quoted(condition)} -a ${word}`),
  ...command.options.map(({ names, description, takesValue, choices }) =>
    [
      `complete -c ${program} -n ${quoted(condition)}`,
      ...names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)),
      ...(takesValue ? ['-r'] : []),
      ...(choices.length > 0 ? [`-f -a ${quoted(choices.join(' '))}`] : []),
      `-d ${quoted(description)}`,
    ].join(' '),
  ),
];

export const fishCompletion = (program: CompletedCommand): string => {
  const { name } = program;
  const inside = (words: readonly string[]): string => `__fish_seen_subcommand_from ${words.join(' ')}`;
  return [
    `# Completion of ${name} for fish: ~/.config/fish/completions/${name}.fish`,
    ...linesOf(name, program, '__fish_use_subcommand'),
    ...program.commands.flatMap((command) => {
      const inner = command.commands.map((one) => one.name);
      const here = inside([command.name]);
      return [
        ...linesOf(name, command, inner.length === 0 ? here : `${here}; and not ${inside(inner)}`),
        ...command.commands.flatMap((one) => linesOf(name, one, `${here}; and ${inside([one.name])}`)),
      ];
    }),
    '',
  ].join('\n');
};
