/** The program: runs a command, says what went wrong, ends with its code. */
import { CommanderError } from 'commander';
import { Advised, Detached, exitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { say } from './io.js';
import { createProgram } from './program.js';

const io: Io = { env: process.env, stdout: process.stdout, stderr: process.stderr };

/** What goes right needs no words for errors: they are loaded here. */
const explain = async (io: Io, error: unknown, verbose: boolean): Promise<number> => {
  if (error instanceof Advised) {
    const code = await explain(io, error.reason, verbose);
    say(io, error.advice);
    return code;
  }
  const [{ describeError }, { exitCodeOf }] = await Promise.all([
    import('./describe-error.js'),
    import('./exit-code-of.js'),
  ]);
  say(io, describeError(error, verbose));
  return exitCodeOf(error);
};

const main = async (io: Io, argv: string[]): Promise<number> => {
  try {
    await (await createProgram(io, argv.slice(2))).parseAsync(argv);
    return exitCode.done;
  } catch (error) {
    // Commander and the detached run have said everything themselves. It ends `--help` and `--version` with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.invalid;
    if (error instanceof Detached) return exitCode.detached;
    return explain(io, error, argv.includes('--verbose') || Boolean(io.env['DEBUG']));
  }
};

// `fractal-temporal list | head` closes our stdout: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  say(io, `What this command says cannot be written: ${error.message}`);
  process.exit(exitCode.unforeseen);
});
const code = await main(io, process.argv);
// What may still hang on (a connection that is being given up, the SDK's own threads) must not hold up the end.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(code);
