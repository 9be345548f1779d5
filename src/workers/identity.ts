/** How a worker calls itself towards the server: the Web UI and `doctor` show it. */
import { hostname } from 'node:os';
import { version } from '../version.js';

/** The SDK's usual one, with this package's version after it. */
export const workerIdentity = (): string => `${process.pid}@${hostname()} fractal-temporal/${version}`;
