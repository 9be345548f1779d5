/**
 * The Temporal server: finding it, starting it, choosing one (docs/server.md).
 *
 *     const { path } = await findServerBinary({ say: console.error });
 *     const server = await startEmbeddedServer({ binary: path, dbFile: null, logFile: null });
 *     // ... server.address, server.uiAddress
 *     await server.stop();
 */
export { type BinarySource, findServerBinary, NoServerBinary, type ServerBinary } from './binary.js';
export {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  ServerStartFailed,
  startEmbeddedServer,
} from './embedded.js';
export { cacheFolder, stateFolder } from './folders.js';
