/** Builds the `temporal` binary from the pinned Go modules in tools/temporal. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Environment } from './folders.js';
import type { InstallOptions } from './install-options.js';
import { GO_BUILD_MINUTES, SIGN_OF_LIFE_SECONDS, TEMPORAL_CLI_VERSION } from './tunables.js';

const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
const VERSION_SYMBOL = 'github.com/temporalio/cli/internal/temporalcli.Version';
const STDERR_TAIL_CHARS = 600;

const isWritable = (folder: string): Promise<boolean> =>
  access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );

/** Go's own caches are used where they can be; with a read-only home they go beside the binary. */
const goEnvironment = async (env: Environment, cache: string): Promise<Environment> => {
  if (await isWritable(env['HOME'] ?? homedir())) return env;
  return {
    ...env,
    GOCACHE: env['GOCACHE'] ?? join(cache, 'go-build'),
    GOMODCACHE: env['GOMODCACHE'] ?? join(cache, 'go-mod'),
    // Otherwise Go makes the module cache read-only, and its owner cannot simply delete the folder.
    GOFLAGS: [env['GOFLAGS'], '-modcacherw'].filter(Boolean).join(' '),
  };
};

/**
 * Builds the pinned version into `folder` (checksums: tools/temporal/go.sum), saying how long it takes. Resolves to the
 * program's path.
 *
 * @throws Error with the reason: no Go, Go too old, modules not reachable, compiler errors.
 */
export const buildWithGo = async ({ folder, cache, env, say }: InstallOptions): Promise<string> => {
  const modules = fileURLToPath(new URL('../../tools/temporal/', import.meta.url));
  const goEnv = await goEnvironment(env, cache);
  const go = (args: string[]) =>
    execa('go', args, { cwd: modules, env: goEnv, extendEnv: false, stdin: 'ignore', reject: false });
  const version = await go(['env', 'GOVERSION']);
  if (version.exitCode !== 0) {
    throw new Error(version.code === 'ENOENT' ? 'no `go` on PATH' : version.stderr.slice(-STDERR_TAIL_CHARS));
  }

  say(
    `building the Temporal server (temporal ${TEMPORAL_CLI_VERSION}) with ${version.stdout.trim()}, once: ${GO_BUILD_MINUTES} ...`,
  );
  const begin = Date.now();
  const alive = setInterval(
    () => say(`still building the Temporal server, ${Math.round((Date.now() - begin) / 1_000)} s so far`),
    SIGN_OF_LIFE_SECONDS * 1_000,
  );
  const program = join(folder, 'temporal');
  try {
    const flags = ['-trimpath', '-ldflags', `-s -w -X ${VERSION_SYMBOL}=${TEMPORAL_CLI_VERSION}`];
    const build = await go(['build', ...flags, '-o', program, PACKAGE]);
    if (build.exitCode !== 0) throw new Error(build.stderr.slice(-STDERR_TAIL_CHARS) || 'go build failed');
    say(`built in ${Math.round((Date.now() - begin) / 1_000)} s`);
    return program;
  } finally {
    clearInterval(alive);
  }
};
