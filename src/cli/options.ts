/** Options that several commands share. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { SHARE_VARIABLE, shares } from '../state/rights.js';

/** `--max-units 8`: a positive integer. */
export const positiveInteger = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('expected a positive integer.');
  }
  return value;
};

/** Which server. */
export const addServerOptions = (command: Command): Command =>
  command
    .option(
      '--address <host:port>',
      "a running Temporal server (default: TEMPORAL_ADDRESS, a profile, a running `up`'s)",
    )
    .option('--namespace <name>', 'its namespace')
    .option('--profile <name>', 'profile in temporal.toml')
    .option('--keys <file>', 'key ring: encrypts what the server is given (default: FRACTAL_TEMPORAL_KEYS)')
    .option('--verbose', 'more logs, and the stack of an unforeseen error');

/** How this process's own workers run units. */
export const addBackendOptions = (command: Command): Command =>
  command
    .option('--max-units <n>', 'units at once of the local worker (default: cores)', positiveInteger)
    .option('--local-config <file>', 'configuration of the local backend, JSON: its defaults of recovery')
    .option('--warm-start', 'fork units of Python tasks from warmed interpreters, unless a task says no')
    .option('--slurm-config <file>', "configuration of the SLURM backend, Fractal's JSON")
    .addOption(
      new Option(
        '--share <who>',
        `who may read and write the files of runs besides you (default: ${SHARE_VARIABLE}, else private)`,
      ).choices(shares),
    );
