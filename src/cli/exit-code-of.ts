/** Which exit code an error has. */
import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import {
  InvalidRequestError,
  JobExecutionError,
  NotContinuableError,
  RequestConflictError,
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
import { exitCode, OtherServer, UsageError } from './exit-codes.js';

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
  [NamespaceNotFoundError, exitCode.invalid],
  [TaskExecutionError, exitCode.taskExecutionError],
  [JobExecutionError, exitCode.jobExecutionError],
  [RunCancelledError, exitCode.cancelled],
  [NoServer, exitCode.noServer],
  [NoServerBinary, exitCode.noServer],
  [ServerStartFailed, exitCode.noServer],
  [UpServerSilent, exitCode.noServer],
  [ServerElsewhere, exitCode.noServer],
];

/** The code for an error; 1 for whatever is not foreseen. */
export const exitCodeOf = (error: unknown): number =>
  codes.find(([type]) => error instanceof type)?.[1] ?? exitCode.unforeseen;
