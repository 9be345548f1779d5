/** Which version a `temporal` binary is, and whether it is new enough. */
import { execa } from 'execa';
import { OLDEST_TEMPORAL_CLI_VERSION } from './tunables.js';

const VERSION_TIMEOUT_MS = 20_000;

/** The CLI's version in what `temporal --version` prints, or null. */
export const parseVersion = (text: string): string | null =>
  /^temporal version v?(\d+\.\d+\.\d+\S*)/m.exec(text)?.[1] ?? null;

/** Whether `version` is at least `oldest`; the suffix of a pre-release is ignored. */
export const isNewEnough = (version: string, oldest: string = OLDEST_TEMPORAL_CLI_VERSION): boolean => {
  const numbers = (text: string): number[] => text.split(/[.-]/, 3).map(Number);
  const [have, want] = [numbers(version), numbers(oldest)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
};

const launchWords: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'it is a folder, or not executable (chmod +x)',
  ENOEXEC: 'it is no program for this machine',
};

/**
 * Asks a binary for its version.
 *
 * @throws Error with the reason when it cannot be run, prints something else, or is too old.
 */
export const checkedVersion = async (path: string): Promise<string> => {
  const answer = await execa(path, ['--version'], {
    reject: false,
    timeout: VERSION_TIMEOUT_MS,
    stdin: 'ignore',
  });
  if (answer.exitCode !== 0) {
    const why =
      launchWords[answer.code ?? ''] ??
      answer.code ??
      (answer.timedOut ? 'it did not answer' : `exit code ${String(answer.exitCode)}`);
    throw new Error(`${path} cannot be run (${why})`);
  }
  const version = parseVersion(answer.stdout);
  if (version === null) throw new Error(`${path} --version does not print a Temporal version`);
  if (!isNewEnough(version)) {
    throw new Error(`${path} is version ${version}; ${OLDEST_TEMPORAL_CLI_VERSION} or newer is needed`);
  }
  return version;
};
