/** The script for zsh. Pure. */
import type { CompletedCommand, CompletedOption } from './words.js';

/** Within single quotes, and within the brackets of a description. */
const quoted = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll(/[[\]]/g, '').replaceAll(':', '\\:');

const optionSpec = ({ names, description, takesValue, choices }: CompletedOption): string => {
  const value = takesValue ? `:value:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}` : '';
  const name = names.length === 1 ? `'${names[0] ?? ''}` : `'(${names.join(' ')})'{${names.join(',')}}'`;
  return `${name}[${quoted(description)}]${value}'`;
};

const functionOf = (command: CompletedCommand, name: string): string[] => {
  const inner = command.commands;
  const rest =
    inner.length > 0
      ? [`'1:command:->command'`, `'*::argument:->argument'`]
      : [`'*:argument:${command.choices.length > 0 ? `(${command.choices.join(' ')})` : '_files'}'`];
  return [
    `${name}() {`,
    '  local state line',
    '  _arguments -C \\',
    ...[...command.options.map(optionSpec), ...rest].map(
      (spec, index, all) => `    ${spec}${index < all.length - 1 ? ' \\' : ''}`,
    ),
    ...(inner.length === 0
      ? []
      : [
          '  case $state in',
          '    command)',
          '      local -a commands',
          '      commands=(',
          ...inner.map(({ name: word, summary }) => `        '${word}:${quoted(summary)}'`),
          '      )',
          "      _describe 'command' commands ;;",
          '    argument)',
          '      case $line[1] in',
          ...inner.map(({ name: word }) => `        ${word}) ${name}_${word.replaceAll('-', '_')} ;;`),
          '      esac ;;',
          '  esac',
        ]),
    '}',
    ...inner.flatMap((one) => functionOf(one, `${name}_${one.name.replaceAll('-', '_')}`)),
  ];
};

export const zshCompletion = (program: CompletedCommand): string =>
  [
    `#compdef ${program.name}`,
    `# Completion of ${program.name} for zsh: a file _${program.name} in a folder of $fpath, or source it after compinit.`,
    ...functionOf(program, '_fractal_temporal'),
    // Autoloaded out of $fpath it is called; sourced it says what it is for.
    'if [[ $funcstack[1] == _fractal-temporal ]]; then _fractal_temporal "$@"',
    `else compdef _fractal_temporal ${program.name}; fi`,
    '',
  ].join('\n');
