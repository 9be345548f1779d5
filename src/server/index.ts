/**
 * The Temporal server: finding it, starting it, choosing one (docs/server.md).
 *
 *     const { path } = await findServerBinary({ say: console.error });
 *     const server = await startEmbeddedServer({ binary: path, dbFile: null, logFile: null });
 *     // ... server.address, server.uiAddress
 *     await server.stop();
 */
export {
  type AddressFlags,
  embeddedTarget,
  givenTarget,
  resolveTarget,
  type ServerTarget,
} from './address.js';
export { NoServer } from './connection/no-server.js';
export { describeBinary, findServerBinary, NoServerBinary, type ServerBinary } from './binary.js';
export {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  ServerStartFailed,
  startEmbeddedServer,
} from './embedded.js';
export { withFolderLock } from './folder-lock.js';
export { cacheFolder, stateFolder } from './folders.js';
export { knownSearchAttributes, registerSearchAttributes } from './search-attributes.js';
export { acquireUpServer, findUpServer, UpAlreadyRunning, type UpServer } from './up-server.js';
