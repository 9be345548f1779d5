/** The program `fractal-temporal`: its commands and their options (docs/cli.md). */
import { Command } from 'commander';
import { registerCancel } from './commands/cancel.js';
import { registerCodecServer } from './commands/codec-server.js';
import { registerContinue } from './commands/continue.js';
import { registerDoctor } from './commands/doctor.js';
import { registerKeys } from './commands/keys.js';
import { registerList } from './commands/list.js';
import { registerLogs } from './commands/logs.js';
import { registerOperator } from './commands/operator.js';
import { registerRun } from './commands/run.js';
import { registerStart } from './commands/start.js';
import { registerStatus } from './commands/status.js';
import { registerUnits } from './commands/units.js';
import { registerUp } from './commands/up.js';
import { registerWarm } from './commands/warm.js';
import { registerWorker } from './commands/worker.js';
import { plainText } from '../state/plain-text.js';
import { applyShare, type Share, shareOf } from '../state/rights.js';
import { UsageError } from './exit-codes.js';
import { version } from '../version.js';
import type { Io } from './io.js';

/** Before a command does anything: it and all that it starts make files with these rights. */
const setRights = (io: Io, command: Command): void => {
  const { share } = command.opts<{ share?: Share }>();
  try {
    applyShare(share ?? shareOf(io.env));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

/** Builds the program; parse with `parseAsync`. Errors are thrown, never printed or turned into an exit here. */
export const createProgram = (io: Io): Command => {
  const program = new Command('fractal-temporal')
    .description('Runs Fractal workflows on Temporal, on this machine or a SLURM cluster.')
    .version(version)
    .exitOverride()
    .hook('preAction', (_, command) => setRights(io, command))
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(plainText(text)),
    });
  const commands = [
    registerUp,
    registerWorker,
    registerRun,
    registerStart,
    registerContinue,
    registerStatus,
    registerList,
    registerUnits,
    registerLogs,
    registerDoctor,
    registerWarm,
    registerKeys,
    registerCodecServer,
  ];
  for (const register of [...commands, registerOperator, registerCancel]) register(program, io);
  return program;
};
