/** A PostgreSQL of the test's own: Debian's programs, an empty folder, a free port; ended by its process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import { tieToThisProcess } from '../../src/server/tie.js';
import { installPackages } from './debian.js';
import { until } from './until.js';

const VERSIONS = '/usr/lib/postgresql';
const NO_CLUSTER = '/etc/postgresql-common/createcluster.conf';

export const DATABASE_USER = 'temporal';
export const DATABASE_PASSWORD = 'of-a-test';

export interface Postgresql {
  /** Of the server; those of its connections are its children. */
  pid: number;
  port: number;
  /** `pg_dumpall`: all databases as SQL. */
  dump(): Promise<string>;
  /** What a dump holds, into a server that has nothing yet. */
  restore(sql: string): Promise<void>;
  /** SIGKILL to the server and all its processes, as when the machine is lost. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** The folder of PostgreSQL's programs; Debian's package is installed where there is none (root). */
export const postgresqlPrograms = async (): Promise<string> => {
  const found = (): string | undefined =>
    (existsSync(VERSIONS) ? readdirSync(VERSIONS) : [])
      .sort((left, right) => Number(right) - Number(left))
      .map((version) => join(VERSIONS, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')));
  const there = found();
  if (there !== undefined) return there;
  // The package makes and starts a cluster for the whole machine otherwise.
  if (!existsSync(NO_CLUSTER)) {
    await mkdir('/etc/postgresql-common', { recursive: true });
    await writeFile(NO_CLUSTER, 'create_main_cluster = false\n');
  }
  await installPackages(['postgresql']);
  const installed = found();
  if (installed === undefined) throw new Error(`no PostgreSQL below ${VERSIONS}`);
  return installed;
};

/** PostgreSQL refuses to run as root. */
const ownerOf = async (): Promise<{ uid: number; gid: number } | null> => {
  if (process.getuid?.() !== 0) return null;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (what) => Number((await execa('id', [what, 'postgres'])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error('no user postgres');
  return { uid, gid };
};

/** @param dir a new folder inside of one that every user may enter. */
export const startPostgresql = async (dir: string): Promise<Postgresql> => {
  const bin = await postgresqlPrograms();
  const owner = await ownerOf();
  await mkdir(dir, { mode: 0o700 });
  if (owner !== null) await chown(dir, owner.uid, owner.gid);
  const [data, passwordFile] = [join(dir, 'data'), join(dir, 'password')];
  await writeFile(passwordFile, `${DATABASE_PASSWORD}\n`, { mode: 0o644 });
  const env = { PGPASSWORD: DATABASE_PASSWORD, LC_ALL: 'C.UTF-8' };
  const as = owner ?? {};
  await execa(
    join(bin, 'initdb'),
    [
      ...['-D', data, '-U', DATABASE_USER, `--pwfile=${passwordFile}`, '--encoding=UTF8'],
      ...['--auth=scram-sha-256', '--data-checksums', '--no-sync'],
    ],
    { ...as, env, cwd: '/', stdin: 'ignore' },
  );
  const port = await getPort();
  const child: ChildProcess = spawn(
    join(bin, 'postgres'),
    [
      ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
      ...['-c', `unix_socket_directories=${dir}`, '-c', 'max_connections=200'],
    ],
    { ...as, cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const untie = tieToThisProcess(child);
  const reach = ['-h', '127.0.0.1', '-p', String(port), '-U', DATABASE_USER];
  await until('PostgreSQL takes connections', async () => {
    if (child.exitCode !== null) throw new Error(log);
    return (await execa(join(bin, 'pg_isready'), ['-q', ...reach], { reject: false })).exitCode === 0;
  });

  const end = async (signal: 'SIGKILL' | 'SIGINT'): Promise<void> => {
    untie();
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exit = once(child, 'exit');
    // Its own process group: the processes of its connections are in it.
    process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal);
    await exit;
  };
  return {
    pid: child.pid ?? -1,
    port,
    dump: async () => (await execa(join(bin, 'pg_dumpall'), reach, { env, maxBuffer: 1e9 })).stdout,
    restore: async (sql) => {
      // What the dump begins with, the user that it connects as, is there already; everything else has to succeed.
      const said = await execa(join(bin, 'psql'), ['-q', '-d', 'postgres', ...reach], { env, input: sql });
      const errors = said.stderr.split('\n').filter((line) => line.includes('ERROR:'));
      if (errors.some((line) => !line.includes(`role "${DATABASE_USER}" already exists`)))
        throw new Error(said.stderr);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGINT'),
  };
};
