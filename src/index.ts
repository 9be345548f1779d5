/**
 * Runs Fractal workflows as durable Temporal workflows.
 *
 *     import { connectClient, startProcessWorkflow, TaskExecutionError } from 'fractal-temporal';
 *
 *     const server = { connection: { address: '127.0.0.1:7233' }, namespace: 'default' };
 *     const { client, close } = await connectClient(server);
 *     const run = await startProcessWorkflow(client, request); // the JSON of docs/request.md
 *     try {
 *       const { images } = await run.result();
 *     } catch (error) {
 *       if (error instanceof TaskExecutionError) console.error(error.details.log_file, error.details.log_tail);
 *       else throw error;
 *     } finally {
 *       await close();
 *     }
 */
export * from './client/index.js';
export { type AddressFlags, resolveTarget, type ServerTarget } from './server/address.js';
export { DecryptionError } from './encryption/codec.js';
export { encryptingConverter } from './encryption/converter.js';
export { type KeySource, openKeyFile } from './encryption/key-file.js';
export { KeyRingError } from './encryption/key-ring.js';
export { ConnectionSettingsError } from './server/connection/errors.js';
export { NoServer } from './server/connection/no-server.js';
export type {
  ExecutionErrorType,
  FailureDetails,
  FileReference,
  InputError,
  ResultReference,
} from './wire/failure.js';
export type { BatchHeartbeat, Progress, TaskProgress } from './wire/progress.js';
export type { AttributeValue, Image, TaskType } from './wire/request.js';
export type {
  RunResult,
  RunStatus,
  TaskRunRecord,
  TaskStatus,
  UnitCause,
  UnitRecord,
} from './wire/result.js';
