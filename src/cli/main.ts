#!/usr/bin/env node
/** Entry of the program: runs a command, says what went wrong, ends with its code. */
import { CommanderError } from 'commander';
import { describeError } from './describe-error.js';
import { Detached, exitCodeOf } from './exit-codes.js';
import type { Io } from './io.js';
import { say } from './io.js';
import { createProgram } from './program.js';

const io: Io = { env: process.env, stdout: process.stdout, stderr: process.stderr };

const main = async (io: Io, argv: string[]): Promise<number> => {
  try {
    await createProgram(io).parseAsync(argv);
    return 0;
  } catch (error) {
    // Commander and the detached run have said everything themselves.
    const said = error instanceof CommanderError || error instanceof Detached;
    const verbose = argv.includes('--verbose') || Boolean(io.env['DEBUG']);
    if (!said) say(io, describeError(error, verbose));
    return exitCodeOf(error);
  }
};

// `fractal-temporal list | head` closes our stdout: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const code = await main(io, process.argv);
// What may still hang on (a connection that is being given up, the SDK's own threads) must not hold up the end.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(code);
