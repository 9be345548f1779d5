#!/usr/bin/env node
/** A worker for this backend: takes what runs with `"backend": "task-spooler"` bring, until SIGINT or SIGTERM. */
import { createActivityWorker, NativeConnection } from 'fractal-temporal/worker';
import { createTaskSpoolerBackend } from './backend.js';

const [address, stateDir] = process.argv.slice(2);
if (address === undefined || stateDir === undefined) {
  throw new Error('usage: worker.js ADDRESS STATE_DIR, e.g. 127.0.0.1:7233 /var/tmp/my-queue');
}
const connection = await NativeConnection.connect({ address });
const worker = await createActivityWorker({ connection, backend: createTaskSpoolerBackend({ stateDir }) });
console.log(`Ready: a worker on fractal-task-spooler at ${address}. Ctrl-C ends it.`);
await worker.run();
await connection.close();
