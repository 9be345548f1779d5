// Tools that the tests use and npm does not have: shellcheck, ruff, Temporal's Python SDK for the Python example, libraries whose
// units are forked from warm interpreters.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

const say = (line) => console.error(`[setup] ${line}`);

const run = async (command, args) => {
  const child = spawn(command, args, { stdio: ['ignore', 2, 2] });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(signal ?? status));
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (${code})`);
};

/**
 * A Python virtual environment in the cache folder, made once per set of versions. Returns the environment
 * variables by which tests find its programs.
 */
export const ensureTestTools = async () => {
  const { cacheFolder, withFolderLock } = await import(
    pathToFileURL(join(root, 'dist', 'server', 'index.js')).href
  );
  const requirements = join(root, 'test', 'support', 'python-requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const name = `test-tools-${digest}`;
  const venv = join(cacheFolder(), name);
  const python = join(venv, 'bin', 'python');
  // Programs in a virtual environment hold its path, so it is made in place; the marker says that it is whole.
  const ready = join(venv, '.ready');
  await withFolderLock(cacheFolder(), name, say, async () => {
    if (existsSync(ready)) return;
    say('installing the tools of the tests (shellcheck, ruff; temporalio, numpy and polars for Python) ...');
    await run('python3', ['-m', 'venv', '--clear', venv]);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-compile'];
    await run(python, ['-m', 'pip', 'install', ...quiet, '-r', requirements]);
    writeFileSync(ready, '');
  });
  return { FRACTAL_TEST_SHELLCHECK: join(venv, 'bin', 'shellcheck'), FRACTAL_TEST_PYTHON: python };
};
