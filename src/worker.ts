/**
 * The package's entry `fractal-temporal/worker`: workers in a program of yours, for a backend of yours
 * (docs/writing-a-backend.md, "A worker for it").
 *
 * ```ts
 * const connection = await NativeConnection.connect({ address: '127.0.0.1:7233' });
 * const worker = await createActivityWorker({ connection, backend: createMyBackend() });
 * await worker.run(); // until SIGINT or SIGTERM
 * await connection.close();
 * ```
 */

/** The SDK's own, of the version that the workers are made with: a connection of another copy does not fit. */
export { NativeConnection } from '@temporalio/worker';
export { encryptingConverter } from './encryption/converter.js';
export { type KeySource, openKeyFile } from './encryption/key-file.js';
export type { ServerPlace } from './state/identity.js';
export {
  createActivityWorker,
  createWorkflowWorker,
  growHeapSlowly,
  type ActivityWorkerOptions,
  type RunnableWorker,
  type WorkflowWorkerOptions,
} from './workers/index.js';
