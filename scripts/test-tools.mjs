// Tools that the tests use and npm does not have: shellcheck, and Temporal's Python SDK for the Python example.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${status})`);
};

/**
 * A Python virtual environment in the cache folder, made once per set of versions. Returns the environment
 * variables by which tests find its programs.
 */
export const ensureTestTools = async () => {
  const { cacheFolder } = await import(pathToFileURL(join(root, 'dist', 'server', 'index.js')).href);
  const requirements = join(root, 'test', 'support', 'python-requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const venv = join(cacheFolder(), `test-tools-${digest}`);
  const ready = join(venv, '.ready');
  if (!existsSync(ready)) {
    console.error('[setup] installing the tools of the tests (shellcheck, temporalio for Python) ...');
    mkdirSync(cacheFolder(), { recursive: true });
    // Scripts of a virtual environment hold its path, so it is made in place; the marker says that it is whole.
    run('python3', ['-m', 'venv', '--clear', venv]);
    run(join(venv, 'bin', 'python'), [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile'],
      ...['-r', requirements],
    ]);
    writeFileSync(ready, '');
  }
  return {
    FRACTAL_TEST_SHELLCHECK: join(venv, 'bin', 'shellcheck'),
    FRACTAL_TEST_PYTHON: join(venv, 'bin', 'python'),
  };
};
