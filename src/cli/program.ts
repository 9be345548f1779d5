/** The program `fractal-temporal`: its commands and their options (docs/cli.md). */
import { Command, Help } from 'commander';
import { wrapText } from '../report/wrap.js';
import { plainText } from '../state/plain-text.js';
import { applyShare, type Share, shareOf } from '../state/rights.js';
import { closestTo } from '../validation/did-you-mean.js';
import { version } from '../version.js';
import { commands } from './commands/index.js';
import { UsageError } from './exit-codes.js';
import type { Io } from './io.js';
import { styleOf } from './style.js';

/** Before a command does anything: it and all that it starts make files with these rights. */
const setRights = (io: Io, command: Command): void => {
  const { share } = command.opts<{ share?: Share }>();
  try {
    applyShare(share ?? shareOf(io.env));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

/** Narrower than this a description is no easier to read for being wrapped. */
const LEAST_DESCRIPTION = 20;

/** Lines of a help are read by people, wherever they go. */
const USUAL_WIDTH = 100;

const helpWidth = (io: Io): number => Math.min(styleOf(io.stdout, io.env).width, USUAL_WIDTH);

/** Below every help; docs/cli.md says more. */
const EXIT_CODES =
  'Exit codes: 0 done, 1 unforeseen, 2 invalid request or usage, 3 a task failed, 4 what ran a task failed, ' +
  '5 cancelled, 6 no server, 130 left by Ctrl-C while the run goes on';

/** `fractal-temporal [help] COMMAND ...`: those whose code is needed; none of the program's own options has a value. */
const namedCommands = (args: readonly string[]): string[] => {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'));
  return [first, first === 'help' ? second : undefined].filter((name) => name !== undefined);
};

/** Commander says which values there are, and not which was meant. */
const withMeant = (text: string): string => {
  const [, got, known] =
    /'([^']*)' is invalid.*?(?:choices are|expected) (\w[\w-]*(?:, [\w-]+)+)/s.exec(text) ?? [];
  const near = got === undefined || known === undefined ? null : closestTo(got, known.split(', '));
  return near === null ? text : `${text.trimEnd()}\n(Did you mean ${near}?)\n`;
};

/**
 * Builds the program; parse with `parseAsync`. Errors are thrown, never printed or turned into an exit here.
 *
 * @param args without the names of node and script: only the command that they name is loaded, the others are known by
 * name; null loads all of them.
 */
export const createProgram = async (io: Io, args: readonly string[] | null): Promise<Command> => {
  const program: Command = new Command('fractal-temporal')
    .description('Runs Fractal workflows on Temporal, on this machine or a SLURM cluster.')
    .version(version)
    .addHelpText('afterAll', () => `\n${wrapText(EXIT_CODES, helpWidth(io), ' '.repeat(12))}`)
    .configureHelp({
      minWidthToWrap: LEAST_DESCRIPTION,
      // Those that are not loaded have no arguments to show.
      subcommandTerm: (command) =>
        command.parent === program ? command.name() : new Help().subcommandTerm(command),
    })
    .showHelpAfterError('(--help says what there is)')
    .exitOverride()
    .helpCommand(false)
    .hook('preAction', (_, command) => setRights(io, command))
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(plainText(text)),
      getOutHelpWidth: () => helpWidth(io),
      outputError: (text, write) => write(withMeant(text)),
    });
  const has = (name: string): boolean => program.commands.some((command) => command.name() === name);
  const named = args === null ? [] : namedCommands(args);
  // A file may have several commands.
  for (const { name, load } of commands)
    if ((args === null || named.includes(name)) && !has(name))
      (await load())(program, io, () => createProgram(io, null));
  for (const { name, summary } of commands)
    (program.commands.find((command) => command.name() === name) ?? program.command(name)).summary(summary);
  const order = commands.map(({ name }) => name);
  // Those that were loaded came first.
  (program.commands as Command[]).sort(
    (one, other) => order.indexOf(one.name()) - order.indexOf(other.name()),
  );
  return program;
};
