/** The Temporal SDK's own download of the `temporal` binary, in a child process that can be stopped. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execa } from 'execa';
import type { InstallOptions } from './install-options.js';
import {
  DOWNLOAD_POLL_MS,
  DOWNLOAD_STALL_SECONDS,
  DOWNLOAD_START_SECONDS,
  DOWNLOAD_TOTAL_SECONDS,
  TEMPORAL_CLI_VERSION,
} from './tunables.js';

const ERROR_CHARS = 400;

/**
 * The SDK has no time-out and no cancel for its download, and starts the server when done: so, a child. It says when
 * it begins, since loading the SDK takes seconds on a busy machine.
 */
const childCode = (sdk: string, folder: string): string => `
  const { TestWorkflowEnvironment } = require(${JSON.stringify(sdk)});
  const executable = {
    type: 'cached-download', version: 'v${TEMPORAL_CLI_VERSION}', downloadDir: ${JSON.stringify(folder)} };
  process.stdout.write('begin\\n');
  TestWorkflowEnvironment.createLocal({ server: { executable } }).then((environment) => environment.teardown());
`;

const sdkTestingModule = (): string => {
  try {
    return createRequire(import.meta.url).resolve('@temporalio/testing');
  } catch {
    throw new Error('@temporalio/testing is not installed');
  }
};

/** The SDK's chain of causes on one line, without those that it repeats. */
const complaint = (stderr: string): string => {
  const line = stderr.split('\n').find((text) => /error/i.test(text)) ?? 'it failed';
  const causes = line.replace(/^\[?(?:\w*Error: )?|\]$/g, '').split(': ');
  return [...new Set(causes)].join(': ').slice(0, ERROR_CHARS);
};

const bytesIn = async (folder: string): Promise<number> => {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

/**
 * Calls `stop` with the reason when nothing arrives in `folder`: bytes count, since the SDK makes its file before it asks
 * for the archive. Returns what ends the watch.
 */
export const watchArrival = (folder: string, stop: (reason: string) => void): (() => void) => {
  let seen = { bytes: 0, at: Date.now() };
  const look = async (): Promise<void> => {
    const bytes = await bytesIn(folder);
    if (bytes !== seen.bytes) seen = { bytes, at: Date.now() };
    const seconds = bytes === 0 ? DOWNLOAD_START_SECONDS : DOWNLOAD_STALL_SECONDS;
    if (Date.now() - seen.at >= seconds * 1_000) {
      stop(`nothing arrived within ${seconds} s${bytes === 0 ? '' : ` after ${bytes} bytes`}`);
    }
  };
  const timer = setInterval(() => void look(), DOWNLOAD_POLL_MS);
  return () => clearInterval(timer);
};

/**
 * Downloads the pinned version into `folder`; resolves to the program's path.
 *
 * @throws Error with the reason: offline, blocked (nothing arrives for a while), no such platform.
 */
export const downloadWithSdk = async ({ folder, env, say }: InstallOptions): Promise<string> => {
  const sdk = sdkTestingModule();
  const downloads = join(folder, 'sdk');
  await mkdir(downloads);
  const stop = new AbortController();
  const stopped: { reason: string | null } = { reason: null };
  let endWatch = (): void => undefined;
  try {
    say(`getting the Temporal server (temporal ${TEMPORAL_CLI_VERSION}) by the SDK's download ...`);
    const running = execa(process.execPath, ['-e', childCode(sdk, downloads)], {
      env,
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: DOWNLOAD_TOTAL_SECONDS * 1_000,
      cancelSignal: stop.signal,
      // The SDK answers SIGTERM with an orderly shutdown, which waits for the download.
      killSignal: 'SIGKILL',
    });
    running.stdout.once('data', () => {
      endWatch = watchArrival(downloads, (reason) => {
        stopped.reason = reason;
        stop.abort();
      });
    });
    const child = await running;
    if (stopped.reason !== null) throw new Error(stopped.reason);
    if (child.timedOut) throw new Error(`not done within ${DOWNLOAD_TOTAL_SECONDS} s`);
    if (child.exitCode !== 0) throw new Error(complaint(child.stderr));
    const [name] = await readdir(downloads);
    if (name === undefined) throw new Error('it left no file');
    return join(downloads, name);
  } finally {
    endWatch();
  }
};
