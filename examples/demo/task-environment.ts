/** The virtual environment with the real task packages: complete or absent, made once per user. */
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { withFolderLock } from '../../src/server/folder-lock.js';
import { findPython } from './python.js';
import type { TaskEnvironment } from './request.js';
import { OUTPUT_TAIL_LINES, SIGN_OF_LIFE_SECONDS } from './tunables.js';

const CORE = 'fractal-tasks-core==2.0.2';
const CONVERTERS = 'fractal-uzh-converters==0.7.1';

export interface EnvironmentKind {
  name: string;
  requirements: string[];
  /** Installed after these, without what they ask for themselves. */
  alone?: string[];
}

/** Both packages in one environment, for the demo. */
const DEMO: EnvironmentKind = { name: 'demo-tasks', requirements: [CORE, CONVERTERS] };
/** The converters alone, where two environments are wanted. */
export const CONVERTERS_ALONE: EnvironmentKind = { name: 'demo-converters', requirements: [CONVERTERS] };
/** A third package. All that it asks for but basicpy, which needs libraries of years ago for two of its tasks. */
export const THIRD_PACKAGE: EnvironmentKind = {
  name: 'bench-third',
  requirements: [CORE, 'smo==2.0.2'],
  alone: ['zmb-fractal-tasks==0.4.3'],
};
const CONSTRAINTS_FILE = fileURLToPath(new URL('constraints.txt', import.meta.url));
/** Written last: a folder without it is the rest of an attempt that was interrupted. */
const COMPLETE_FILE = 'complete.json';

/** Making the environment failed; the message holds the end of what the command printed. */
export class TaskEnvironmentFailed extends Error {
  override readonly name = 'TaskEnvironmentFailed';
}

const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  );

/** Environment of pip and of the tasks: bytecode is kept, since compiling it again costs seconds per unit. */
export const pythonEnvironment = async (cacheDir: string): Promise<NodeJS.ProcessEnv> => {
  const env: NodeJS.ProcessEnv = { ...process.env };
  delete env.PYTHONDONTWRITEBYTECODE;
  delete env.PYTHONPATH;
  delete env.PYTHONHOME;
  if (!(await isWritable(homedir()))) {
    env.PIP_CACHE_DIR ??= join(cacheDir, 'pip');
    env.MPLCONFIGDIR ??= join(cacheDir, 'matplotlib');
  }
  return env;
};

const runStep = async (
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  logFile: string,
): Promise<void> => {
  const { exitCode, all, shortMessage } = await execa(file, args, {
    env,
    extendEnv: false,
    all: true,
    reject: false,
  });
  await writeFile(logFile, all ?? '', { flag: 'a' });
  if (exitCode === 0) return;
  const tail = (all ?? '').split('\n').slice(-OUTPUT_TAIL_LINES).join('\n');
  throw new TaskEnvironmentFailed(`${shortMessage ?? file}\n${tail}\nThe whole output: ${logFile}`);
};

const install = async (
  dir: string,
  { requirements, alone = [] }: EnvironmentKind,
  cacheDir: string,
  say: (line: string) => void,
): Promise<TaskEnvironment> => {
  const { executable } = await findPython();
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  say(
    `installing ${requirements.join(' and ')} for ${executable}: once, about 1 GB, half a minute or more ...`,
  );
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const alive = setInterval(() => say(`... still installing (${seconds()} s)`), SIGN_OF_LIFE_SECONDS * 1000);
  try {
    const env = await pythonEnvironment(cacheDir);
    const logFile = `${dir}.log`;
    await writeFile(logFile, '');
    await runStep(executable, ['-m', 'venv', dir], env, logFile);
    const python = join(dir, 'bin', 'python');
    const pip = ['-m', 'pip', 'install', '--no-compile', '--disable-pip-version-check', '--no-input'];
    await runStep(python, [...pip, '-c', CONSTRAINTS_FILE, ...requirements], env, logFile);
    if (alone.length > 0) await runStep(python, [...pip, '--no-deps', ...alone], env, logFile);
    const { stdout } = await execa(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
      env,
    });
    const environment = { python, sitePackages: stdout.trim() };
    await writeFile(join(dir, COMPLETE_FILE), JSON.stringify(environment));
    say(`installed in ${seconds()} s`);
    return environment;
  } finally {
    clearInterval(alive);
  }
};

const readComplete = async (dir: string): Promise<TaskEnvironment | null> => {
  const text = await readFile(join(dir, COMPLETE_FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  const environment = JSON.parse(text) as TaskEnvironment;
  // The interpreter behind it may have been removed or replaced since.
  const { exitCode } = await execa(environment.python, ['-c', 'import fractal_task_tools'], {
    reject: false,
  });
  return exitCode === 0 ? environment : null;
};

/**
 * An environment in `cacheDir`, made if it is not there; several processes may ask at once.
 *
 * @throws NoPython, TaskEnvironmentFailed, file system errors (folder not writable).
 */
export const ensureTaskEnvironment = async (
  cacheDir: string,
  say: (line: string) => void,
  kind: EnvironmentKind = DEMO,
): Promise<TaskEnvironment> => {
  const wanted = `${[...kind.requirements, ...(kind.alone ?? [])].join('\n')}\n${await readFile(CONSTRAINTS_FILE, 'utf8')}`;
  const name = `${kind.name}-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`;
  const dir = join(cacheDir, name);
  return withFolderLock(
    cacheDir,
    name,
    say,
    async () => (await readComplete(dir)) ?? install(dir, kind, cacheDir, say),
  );
};
