/** One Temporal server in memory for the whole test run; tests read its address with `inject('temporal')`. */
import 'vitest';
import type { TestProject } from 'vitest/node';
import { findServerBinary, startEmbeddedServer } from '../../src/server/index.js';

export interface TestServer {
  address: string;
  uiAddress: string;
  /** Path of the `temporal` binary, for tests that start servers of their own. */
  binary: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    temporal: TestServer;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const binary = await findServerBinary({ mayInstall: false });
  const server = await startEmbeddedServer({ binary: binary.path, dbFile: null, logFile: null });
  project.provide('temporal', { address: server.address, uiAddress: server.uiAddress, binary: binary.path });
  return () => server.stop();
}
