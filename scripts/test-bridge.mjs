// Tests of the bridge (integrations/fractal-server) against real Fractal servers, a version at a time:
//   npm run test:bridge -- --versions 2.14.5,2.18.5,newest [--short] [-- arguments of pytest]
// "newest" is the newest release that one of the Pythons found here can install. Exit code 77: cannot run here, and why.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled, root } from './setup.mjs';

const CANNOT = 77;
const integration = join(root, 'integrations', 'fractal-server');
const say = (line) => console.error(`[bridge] ${line}`);

class CannotRun extends Error {}

/** The newest first; a server release supports only some of them. */
const interpreters = () => {
  const pyenv = join(homedir(), '.pyenv', 'versions');
  const installed = existsSync(pyenv)
    ? readdirSync(pyenv).map((name) => join(pyenv, name, 'bin', 'python'))
    : [];
  const named = ['python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3'];
  const found = new Map();
  for (const command of [...named, ...installed]) {
    const asked = spawnSync(command, ['-c', 'import sys; print(*sys.version_info[:2])'], {
      encoding: 'utf8',
    });
    const [major, minor] = (asked.stdout ?? '').trim().split(' ').map(Number);
    if (asked.status === 0 && major === 3 && minor >= 11 && !found.has(minor)) found.set(minor, command);
  }
  return [...found].sort(([left], [right]) => right - left).map(([minor, command]) => ({ minor, command }));
};

const run = (command, args) => spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0;

/** An environment with that server and this package, made once: the newest Python that installs it. */
const environment = async (version) => {
  const { cacheFolder, withFolderLock } = await import(
    pathToFileURL(join(root, 'dist', 'server', 'index.js')).href
  );
  const digest = createHash('sha256').update(readFileSync(join(integration, 'pyproject.toml')));
  const name = `bridge-${version}-${digest.update(integration).digest('hex').slice(0, 12)}`;
  const venv = join(cacheFolder(), name);
  const python = join(venv, 'bin', 'python');
  const ready = join(venv, '.ready');
  await withFolderLock(cacheFolder(), name, say, async () => {
    if (existsSync(ready)) return;
    const server = version === 'newest' ? 'fractal-server' : `fractal-server==${version}`;
    const pythons = interpreters();
    for (const { minor, command } of pythons) {
      say(`installing ${server} with Python 3.${minor} ...`);
      if (!run(command, ['-m', 'venv', '--clear', venv])) continue;
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile'];
      if (!run(python, [...pip, server, 'gunicorn', 'uvicorn-worker', '-e', `${integration}[test]`]))
        continue;
      writeFileSync(ready, '');
      return;
    }
    const tried = pythons.map(({ minor }) => `3.${minor}`).join(', ') || 'none of 3.11 or later';
    throw new CannotRun(`${server} cannot be installed from PyPI; Pythons found here: ${tried}`);
  });
  return python;
};

const pytest = async (python, args) => {
  const env = {
    ...process.env,
    FRACTAL_BRIDGE_TEST_PYTHON: python,
    FRACTAL_TEMPORAL_CLI: join(root, 'dist', 'cli', 'main.js'),
  };
  const options = { cwd: integration, env, stdio: ['ignore', 'inherit', 'inherit'] };
  const child = spawn(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', ...args], options);
  // So that it ends what it has started.
  process.once('SIGTERM', () => child.kill('SIGINT'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
};

const main = async () => {
  const { values, positionals } = parseArgs({
    options: {
      versions: { type: 'string', default: '2.14.5,2.18.5,newest' },
      short: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  await ensureInstalled();
  let failed = 0;
  for (const version of values.versions.split(',')) {
    const python = await environment(version);
    const code = await pytest(python, [...(values.short ? [] : ['--long']), ...positionals]);
    say(`fractal-server ${version}: ${code === 0 ? 'passed' : `failed (${code})`}`);
    if (code !== 0) failed += 1;
  }
  return failed === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof CannotRun ? error.message : error);
  process.exitCode = error instanceof CannotRun ? CANNOT : 1;
}
