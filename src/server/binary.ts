/** Finds the `temporal` binary, or makes one (docs/server.md, "Where the server comes from"). */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { checkedVersion } from './binary-version.js';
import { withFolderLock } from './folder-lock.js';
import { cacheFolder, type Environment } from './folders.js';
import { buildWithGo } from './go-build.js';
import { downloadWithSdk } from './sdk-download.js';
import { TEMPORAL_CLI_VERSION } from './tunables.js';

export type BinarySource = 'environment' | 'path' | 'cache' | 'download' | 'build';

export interface ServerBinary {
  path: string;
  /** Version of the Temporal CLI, e.g. `1.8.2`. */
  version: string;
  source: BinarySource;
}

export interface FindOptions {
  env?: Environment;
  /** Told what takes long, one line each. */
  say?: (line: string) => void;
  /** May it be downloaded or built (minutes)? Default yes. */
  mayInstall?: boolean;
}

/** No way led to a `temporal` binary; the message lists every one and why it failed. */
export class NoServerBinary extends Error {
  override readonly name = 'NoServerBinary';
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const onPath = async (env: Environment): Promise<string | null> => {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, 'temporal');
    if (folder !== '' && (await isExecutable(candidate))) return candidate;
  }
  return null;
};

/** Where the downloaded or built binary lies; its name holds the version, so that versions live side by side. */
export const cachedBinaryPath = (env: Environment = process.env): string =>
  join(cacheFolder(env), `temporal-${TEMPORAL_CLI_VERSION}`);

const install = async (
  env: Environment,
  say: (line: string) => void,
  tried: string[],
): Promise<ServerBinary> => {
  const path = cachedBinaryPath(env);
  return withFolderLock(cacheFolder(env), 'temporal', say, async () => {
    // Another process may have made it while this one waited for the lock.
    if (await isExecutable(path)) return { path, version: TEMPORAL_CLI_VERSION, source: 'cache' };
    const ways = [
      ['download', "the SDK's download", downloadWithSdk],
      ['build', 'a build with Go', buildWithGo],
    ] as const;
    for (const [source, name, way] of ways) {
      try {
        await way({ target: path, cache: cacheFolder(env), env, say });
        return { path, version: TEMPORAL_CLI_VERSION, source };
      } catch (error) {
        tried.push(`${name}: ${reason(error)}`);
      }
    }
    throw new NoServerBinary(message(tried));
  });
};

const message = (tried: string[]): string =>
  ['There is no Temporal server to start. Tried, in this order:', ...tried.map((line) => `  - ${line}`)]
    .concat(
      'Set FRACTAL_TEMPORAL_SERVER_BINARY to a `temporal` binary, or TEMPORAL_ADDRESS to a running server.',
    )
    .join('\n');

/**
 * The `temporal` binary: FRACTAL_TEMPORAL_SERVER_BINARY, PATH (its version checked), the cache folder, the SDK's own
 * download, a build with a Go toolchain (minutes, once per user). Safe when several processes do it at once.
 *
 * @throws NoServerBinary that lists every way and why it failed.
 */
export const findServerBinary = async (options: FindOptions = {}): Promise<ServerBinary> => {
  const { env = process.env, say = () => undefined, mayInstall = true } = options;
  const tried: string[] = [];
  const explicit = env['FRACTAL_TEMPORAL_SERVER_BINARY'];
  if (explicit) {
    try {
      return { path: explicit, version: await checkedVersion(explicit), source: 'environment' };
    } catch (error) {
      // Named explicitly: falling back to another one would hide the mistake.
      throw new NoServerBinary(`FRACTAL_TEMPORAL_SERVER_BINARY: ${reason(error)}`);
    }
  }
  tried.push('FRACTAL_TEMPORAL_SERVER_BINARY: not set');

  const found = await onPath(env);
  if (found === null) tried.push('PATH: no `temporal` there');
  else {
    try {
      return { path: found, version: await checkedVersion(found), source: 'path' };
    } catch (error) {
      tried.push(`PATH: ${reason(error)}`);
    }
  }

  const cached = cachedBinaryPath(env);
  if (await isExecutable(cached)) return { path: cached, version: TEMPORAL_CLI_VERSION, source: 'cache' };
  tried.push(`cache: no ${cached}`);
  if (mayInstall) return install(env, say, tried);
  tried.push('download and build: not now (run `node scripts/setup.mjs`, or `fractal-temporal up`, first)');
  throw new NoServerBinary(message(tried));
};
