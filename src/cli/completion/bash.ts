/** The script for bash (4.2 or later, as on clusters); it needs no package of completions. Pure. */
import type { CompletedCommand } from './words.js';

const words = (list: readonly string[]): string => list.join(' ');

/** `case` branches for the values of options. */
const valueCases = ({ options }: CompletedCommand): string[] =>
  options
    .filter(({ takesValue }) => takesValue)
    .map(({ names, choices }) =>
      choices.length === 0
        ? `        ${names.join('|')}) return ;;`
        : `        ${names.join('|')}) COMPREPLY=($(compgen -W '${words(choices)}' -- "$word")); return ;;`,
    );

const commandCase = (command: CompletedCommand, path: string): string[] => {
  const flags = words(command.options.flatMap(({ names }) => names));
  const plain = words([...command.choices, ...command.commands.map(({ name }) => name)]);
  const values = valueCases(command);
  return [
    `    '${path}')`,
    ...(values.length === 0 ? [] : ['      case $before in', ...values, '      esac']),
    `      [[ $word == -* ]] && COMPREPLY=($(compgen -W '${flags}' -- "$word")) && return`,
    ...(plain === '' ? [] : [`      COMPREPLY=($(compgen -W '${plain}' -- "$word"))`]),
    '      ;;',
    ...command.commands.flatMap((one) => commandCase(one, `${path} ${one.name}`)),
  ];
};

export const bashCompletion = (program: CompletedCommand): string => {
  const name = program.name;
  const nested = program.commands.filter(({ commands }) => commands.length > 0);
  return [
    `# Completion of ${name} for bash: source this file, or put it where bash-completion looks.`,
    '_fractal_temporal() {',
    '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path= each',
    '  COMPREPLY=()',
    '  for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    [[ $each == -* ]] && continue',
    '    case $path:$each in',
    ...program.commands.map((command) => `      :${command.name}) path=${command.name} ;;`),
    ...nested.flatMap(({ name: outer, commands }) =>
      commands.map((inner) => `      ${outer}:${inner.name}) path='${outer} ${inner.name}' ;;`),
    ),
    '    esac',
    '  done',
    '  case $path in',
    ...commandCase(program, ''),
    ...program.commands.flatMap((command) => commandCase(command, command.name)),
    '  esac',
    '}',
    // Without an own answer bash completes the names of files.
    `complete -o default -F _fractal_temporal ${name}`,
    '',
  ].join('\n');
};
