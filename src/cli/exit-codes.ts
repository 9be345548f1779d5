/** Exit codes of the program (docs/cli.md), by what ended it. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { CommanderError } from 'commander';
import {
  InvalidRequestError,
  JobExecutionError,
  RequestConflictError,
  NotContinuableError,
  RequestUnknownError,
  RunCancelledError,
  TaskExecutionError,
  UpdateRefusedError,
} from '../client/index.js';
import { DecryptionError } from '../encryption/codec.js';
import { KeyRingError } from '../encryption/key-ring.js';
import { ConnectionSettingsError } from '../server/connection/errors.js';
import { NoServer } from '../server/connection/no-server.js';
import { NoServerBinary } from '../server/binary.js';
import { ServerStartFailed } from '../server/embedded.js';
import { ServerElsewhere, UpServerSilent } from '../server/up-server.js';

export const exitCode = {
  done: 0,
  unforeseen: 1,
  /** Invalid request, wrong usage, unknown run. */
  invalid: 2,
  taskExecutionError: 3,
  jobExecutionError: 4,
  cancelled: 5,
  noServer: 6,
  /** Left by Ctrl-C while the run goes on: what shells report for SIGINT. */
  detached: 130,
} as const;

/** The command line is used wrongly; the message says how it is meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The server that was given does not hold the run; another one does. */
export class OtherServer extends Error {
  override readonly name = 'OtherServer';
}

/** Ctrl-C: this program leaves, the run stays. */
export class Detached extends Error {
  override readonly name = 'Detached';
}

type ErrorClass = abstract new (...args: never[]) => Error;

const codes: [ErrorClass, number][] = [
  [InvalidRequestError, exitCode.invalid],
  [UsageError, exitCode.invalid],
  [ConnectionSettingsError, exitCode.invalid],
  [KeyRingError, exitCode.invalid],
  [DecryptionError, exitCode.invalid],
  [OtherServer, exitCode.invalid],
  [RequestConflictError, exitCode.invalid],
  [RequestUnknownError, exitCode.invalid],
  [NotContinuableError, exitCode.invalid],
  [UpdateRefusedError, exitCode.invalid],
  [WorkflowNotFoundError, exitCode.invalid],
  [TaskExecutionError, exitCode.taskExecutionError],
  [JobExecutionError, exitCode.jobExecutionError],
  [RunCancelledError, exitCode.cancelled],
  [NoServer, exitCode.noServer],
  [NoServerBinary, exitCode.noServer],
  [ServerStartFailed, exitCode.noServer],
  [UpServerSilent, exitCode.noServer],
  [ServerElsewhere, exitCode.noServer],
  [Detached, exitCode.detached],
];

/** The code for an error; 1 for whatever is not foreseen. */
export const exitCodeOf = (error: unknown): number => {
  // Commander ends `--help` and `--version` with an error of code 0; its own usage errors carry 1.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.invalid;
  return codes.find(([type]) => error instanceof type)?.[1] ?? exitCode.unforeseen;
};
