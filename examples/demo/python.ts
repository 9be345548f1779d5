/** Finds a Python that can make a virtual environment. */
import { execa } from 'execa';
import { PYTHON_MINOR } from './tunables.js';

const CANDIDATES = ['python3.13', 'python3.12', 'python3.11', 'python3', 'python3.14'];
/** Debian ships Python without ensurepip, and version managers put stubs on PATH that only print a hint: so try. */
const PROBE = 'import sys, venv, ensurepip; print(sys.version_info[0], sys.version_info[1], sys.executable)';

export interface Python {
  executable: string;
  /** Such as `3.12`. */
  version: string;
}

/** No Python fits; the message lists what was tried and why not. */
export class NoPython extends Error {
  override readonly name = 'NoPython';
}

const probe = async (command: string, env: NodeJS.ProcessEnv): Promise<Python | string> => {
  const options = { env, extendEnv: false, reject: false } as const;
  const { exitCode, stdout, stderr, code } = await execa(command, ['-c', PROBE], options);
  if (code === 'ENOENT') return 'not found';
  if (exitCode !== 0) return stderr.trim().split('\n').at(-1) ?? `exit code ${String(exitCode)}`;
  const [major = '', minor = '', ...path] = stdout.trim().split(' ');
  const version = `${major}.${minor}`;
  if (major !== '3' || Number(minor) < PYTHON_MINOR) return `it is Python ${version}`;
  return { executable: path.join(' '), version };
};

/**
 * The first of python3.13, 3.12, 3.11, python3 on PATH that is at least 3.11 and can make a virtual environment.
 *
 * @throws NoPython
 */
export const findPython = async (env: NodeJS.ProcessEnv = process.env): Promise<Python> => {
  const reasons: string[] = [];
  for (const command of CANDIDATES) {
    const found = await probe(command, env);
    if (typeof found !== 'string') return found;
    reasons.push(`  - ${command}: ${found}`);
  }
  throw new NoPython(
    [
      `The demo's tasks need Python 3.${PYTHON_MINOR} or newer with venv and pip (Debian: python3-venv). Tried:`,
    ]
      .concat(reasons, 'Without Python: npm run demo -- --light')
      .join('\n'),
  );
};
