// Makes a fresh clone ready: npm packages, build, Temporal server. Node built-ins only until `npm ci` has run.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE_MAJOR = 20;
const LOCK_STALE_MS = 30_000;
const LOCK_RETRY_MS = 500;

const say = (line) => console.error(`[setup] ${line}`);

const newest = (path) => {
  if (!existsSync(path)) return 0;
  const about = statSync(path);
  if (!about.isDirectory()) return about.mtimeMs;
  return readdirSync(path).reduce((max, name) => Math.max(max, newest(join(path, name))), 0);
};

const packagesAreCurrent = () =>
  newest(join(root, 'node_modules', '.package-lock.json')) >= newest(join(root, 'package-lock.json'));

// With types and without them: what has types does for those who need none.
const stampOf = (types) => join(root, 'dist', types ? '.built' : '.built-js');

const isCurrent = (types) => {
  const built = newest(stampOf(types));
  return [
    'src',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.mjs',
    'scripts/bundle-program.mjs',
    'scripts/third-party.mjs',
    'scripts/warm-server.mjs',
  ].every((source) => newest(join(root, source)) <= built);
};

// Two demos at once in one clone must not install or build into each other. A folder is created atomically.
const withLock = async (action) => {
  const lock = join(
    tmpdir(),
    `fractal-temporal-setup-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`,
  );
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = await stat(lock).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > LOCK_STALE_MS) await rmdir(lock).catch(() => undefined);
      else await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
    }
  }
  const now = () => new Date();
  const refresh = setInterval(
    () => void utimes(lock, now(), now()).catch(() => undefined),
    LOCK_STALE_MS / 10,
  );
  try {
    return await action();
  } finally {
    clearInterval(refresh);
    await rmdir(lock).catch(() => undefined);
  }
};

const run = async (command, args) => {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(signal ?? status));
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (${code})`);
};

const installPackages = async () => {
  if (packagesAreCurrent()) return;
  say('installing the npm packages (npm ci) ...');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
};

const buildDist = async (types) => {
  if (isCurrent(true) || (!types && isCurrent(false))) return;
  say('compiling ...');
  const begin = new Date();
  await run(process.execPath, [join(root, 'scripts', 'build.mjs'), ...(types ? [] : ['--no-types'])]);
  const stamp = stampOf(types);
  await writeFile(stamp, '');
  // A source changed while the compiler ran is newer than this, and compiled next time.
  await utimes(stamp, begin, begin);
};

/**
 * npm packages, dist/ and the Temporal server's binary, each only when missing or older than its sources.
 * Returns the binary's path; `server: false` leaves the server out, `types: false` the check of
 * types, which takes longer than the rest of the build.
 */
export const ensureInstalled = async ({ server = true, types = true } = {}) => {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE_MAJOR) {
    throw new Error(`Node ${OLDEST_NODE_MAJOR} or newer is needed, this is ${process.version}`);
  }
  await withLock(async () => {
    await installPackages();
    await buildDist(types);
  });
  if (!server) return null;
  const { describeBinary, findServerBinary } = await import(
    pathToFileURL(join(root, 'dist', 'server', 'index.js')).href
  );
  const binary = await findServerBinary({ say });
  // What was installed just now has been said.
  if (binary.source !== binary.origin) say(`Temporal server: ${await describeBinary(binary)}`);
  return binary.path;
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await ensureInstalled();
    say('ready');
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
