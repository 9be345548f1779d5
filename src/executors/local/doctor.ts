/** Everything that local batches need of this host, looked at one by one (docs/local.md, doctor). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ok, problem, warning, type Finding } from '../../doctor/finding.js';
import { errorCode } from '../../state/errors.js';
import { PROGRAM_ANSWER_MS } from './tunables.js';

export interface LocalDoctorInput {
  /** Makes the folder of locks and widths, which must lie on a disk of this host. */
  hostFolder: () => Promise<string>;
  /** Where runs will have their folders. */
  dir: string;
  env: NodeJS.ProcessEnv;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The first line that a program prints; null when it cannot be run. */
const firstLine = async (file: string, args: string[], env: NodeJS.ProcessEnv): Promise<string | null> => {
  const answer = await execa(file, args, {
    ...{ reject: false, timeout: PROGRAM_ANSWER_MS, stdin: 'ignore', env: { ...env, LC_ALL: 'C' } },
  });
  return answer.exitCode === 0 ? (answer.stdout.split('\n')[0] ?? '') : null;
};

const OLDEST_BASH = [4, 2] as const;

/** @param said by `bash --version`; null: there is none. Pure. */
export const judgeBash = (said: string | null): Finding => {
  if (said === null) return problem('bash: not found', 'install bash 4.2 or later; batches are bash scripts');
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(said) ?? [];
  const [most, least] = OLDEST_BASH;
  const isOld = Number(major) < most || (Number(major) === most && Number(minor) < least);
  return isOld ? problem(said, `bash ${most}.${least} or later is needed`) : ok(said);
};

const examineFlock = async (folder: string, env: NodeJS.ProcessEnv): Promise<Finding> => {
  const file = join(folder, `doctor-${process.pid}.lock`);
  await writeFile(file, '');
  try {
    const said = await firstLine('flock', ['--nonblock', file, 'echo', 'locked'], env);
    return said === 'locked'
      ? ok(`flock: locks in ${folder}`)
      : problem(
          `flock: does not lock in ${folder}`,
          "install util-linux, or set FRACTAL_TEMPORAL_LOCAL to a folder on this host's own disk",
        );
  } finally {
    await rm(file, { force: true });
  }
};

/** Two runs of one host share nothing but this folder: it must be there, theirs, and good for locks. */
async function* examineHostFolder({ hostFolder, env }: LocalDoctorInput): AsyncGenerator<Finding> {
  let folder: string;
  try {
    folder = await hostFolder();
  } catch (error) {
    yield problem(
      `locks of local batches: ${wordsOf(error)}`,
      'set FRACTAL_TEMPORAL_LOCAL to a folder of yours',
    );
    return;
  }
  yield ok(`locks of local batches: ${folder}`);
  yield await examineFlock(folder, env);
}

const examineRunFolder = async (dir: string): Promise<Finding> => {
  try {
    await rm(await mkdtemp(join(dir, '.fractal-doctor-')), { recursive: true });
    return ok(`runs: ${dir} can be written to`);
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? 'there is no such folder' : wordsOf(error);
    return problem(`runs: ${dir}: ${why}`, 'give a folder that this user may write to: --dir');
  }
};

const GIB = 1024 ** 3;

const examineHost = (): Finding => {
  const text = `${availableParallelism()} cores, ${(totalmem() / GIB).toFixed(1)} GiB of memory, ${(freemem() / GIB).toFixed(1)} free`;
  const each = totalmem() / availableParallelism();
  return each < GIB
    ? warning(text, 'less than 1 GiB for each unit at once: give the worker a smaller --max-units')
    : ok(text);
};

export async function* examineLocal(input: LocalDoctorInput): AsyncGenerator<Finding> {
  const { env, dir } = input;
  yield judgeBash(await firstLine('bash', ['--version'], env));
  for (const program of ['date', 'mkdir']) {
    const said = await firstLine(program, ['--version'], env);
    yield said === null ? problem(`${program}: not found`, 'install coreutils') : ok(said);
  }
  yield* examineHostFolder(input);
  yield await examineRunFolder(dir);
  yield examineHost();
}
