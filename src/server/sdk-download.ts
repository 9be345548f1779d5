/** The Temporal SDK's own download of the `temporal` binary, in a child process that can be stopped. */
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execa } from 'execa';
import { checkedVersion } from './binary-version.js';
import type { Environment } from './folders.js';
import { DOWNLOAD_START_SECONDS, DOWNLOAD_TOTAL_SECONDS, TEMPORAL_CLI_VERSION } from './tunables.js';

export interface InstallOptions {
  /** Path the binary gets, by an atomic rename within `cache`. */
  target: string;
  cache: string;
  env: Environment;
  say: (line: string) => void;
}

/** The SDK has no time-out and no cancel for its download, and starts the server when done: so, a child. */
const childCode = (sdk: string, folder: string): string => `
  const { TestWorkflowEnvironment } = require(${JSON.stringify(sdk)});
  const executable = {
    type: 'cached-download', version: 'v${TEMPORAL_CLI_VERSION}', downloadDir: ${JSON.stringify(folder)} };
  TestWorkflowEnvironment.createLocal({ server: { executable } }).then((environment) => environment.teardown());
`;

const sdkTestingModule = (): string => {
  try {
    return createRequire(import.meta.url).resolve('@temporalio/testing');
  } catch {
    throw new Error('@temporalio/testing is not installed');
  }
};

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /error/i.test(line))
    .at(0)
    ?.trim()
    .slice(0, 300) ?? 'it failed';

/**
 * Downloads the pinned version into `target`.
 *
 * @throws Error with the reason: offline, blocked (nothing arrives for a while), no such platform.
 */
export const downloadWithSdk = async ({ target, cache, env, say }: InstallOptions): Promise<void> => {
  const sdk = sdkTestingModule();
  const folder = await mkdtemp(join(cache, 'download-'));
  const stop = new AbortController();
  const watch = setTimeout(() => {
    void readdir(folder).then((names) => {
      if (names.length === 0) stop.abort();
    });
  }, DOWNLOAD_START_SECONDS * 1_000);
  try {
    say(`getting the Temporal server (temporal ${TEMPORAL_CLI_VERSION}) by the SDK's download ...`);
    const child = await execa(process.execPath, ['-e', childCode(sdk, folder)], {
      env,
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: DOWNLOAD_TOTAL_SECONDS * 1_000,
      cancelSignal: stop.signal,
    });
    if (child.isCanceled) throw new Error(`nothing arrived within ${String(DOWNLOAD_START_SECONDS)} s`);
    if (child.timedOut) throw new Error(`not done within ${String(DOWNLOAD_TOTAL_SECONDS)} s`);
    if (child.exitCode !== 0) throw new Error(lastLine(child.stderr));
    const [name] = await readdir(folder);
    if (name === undefined) throw new Error('it left no file');
    await checkedVersion(join(folder, name));
    await rename(join(folder, name), target);
  } finally {
    clearTimeout(watch);
    await rm(folder, { recursive: true, force: true });
  }
};
