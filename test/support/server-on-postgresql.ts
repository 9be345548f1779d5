/** The Temporal server of docker-compose.yml on a PostgreSQL, without containers: the same programs, schema and settings. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort, { portNumbers } from 'get-port';
import { tieToThisProcess } from '../../src/server/tie.js';
import { goModule, SERVER } from '../compose/materials.js';
import { root } from '../compose/versions.js';
import type { Pair } from './certificates.js';
import { DATABASE_PASSWORD, DATABASE_USER, type Postgresql } from './postgresql.js';

const DYNAMIC_CONFIGURATION = join(root, 'deploy/temporal/dynamicconfig/docker.yaml');
const SCHEMAS = 'schema/postgresql/v12';
const PORTS = ['FRONTEND', 'HISTORY', 'MATCHING', 'WORKER'].flatMap((service) => [
  `${service}_GRPC_PORT`,
  `${service}_MEMBERSHIP_PORT`,
]);

/** The server keeps its ports in columns of two bytes with a sign. */
const LARGEST_PORT = 32_767;
const SMALLEST_PORT = 10_000;

const freePort = async (): Promise<string> => {
  const first = randomInt(SMALLEST_PORT, LARGEST_PORT - 1_000);
  return String(await getPort({ port: portNumbers(first, LARGEST_PORT) }));
};

export interface ServerOnPostgresql {
  pid: number;
  /** `127.0.0.1:N`. */
  address: string;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** A new folder, for the log of the server. */
  dir: string;
  postgresql: Postgresql;
  /** The program `temporal`, for the namespace. */
  temporal: string;
  shards?: number;
  tls?: ServerTls;
}

/** Certificates of one authority, by which the server demands one of whoever connects. */
export interface ServerTls {
  ca: string;
  server: Pair;
  client: Pair;
}

/** By the image's own variables; the certificate of the server is that of its inner connections, too. */
const tlsVariables = ({ ca, server }: ServerTls): Record<string, string> => ({
  ...{ TEMPORAL_TLS_FRONTEND_CERT: server.certificate, TEMPORAL_TLS_FRONTEND_KEY: server.key },
  ...{ TEMPORAL_TLS_SERVER_CERT: server.certificate, TEMPORAL_TLS_SERVER_KEY: server.key },
  ...{ TEMPORAL_TLS_CLIENT1_CA_CERT: ca, TEMPORAL_TLS_SERVER_CA_CERT: ca },
  ...{ TEMPORAL_TLS_FRONTEND_SERVER_NAME: 'localhost', TEMPORAL_TLS_INTERNODE_SERVER_NAME: 'localhost' },
  TEMPORAL_TLS_REQUIRE_CLIENT_AUTH: 'true',
});

/** For clients of such a server. */
export const clientTlsVariables = ({ ca, client }: ServerTls): Record<string, string> => ({
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca,
  ...{ TEMPORAL_TLS_CLIENT_CERT_PATH: client.certificate, TEMPORAL_TLS_CLIENT_KEY_PATH: client.key },
});

/** What deploy/temporal/schema.sh does, for both databases. */
const bringUpSchema = async (programs: string, { port }: Postgresql): Promise<void> => {
  const env = {
    ...{ SQL_PLUGIN: 'postgres12', SQL_HOST: '127.0.0.1', SQL_PORT: String(port) },
    ...{ SQL_USER: DATABASE_USER, SQL_PASSWORD: DATABASE_PASSWORD },
  };
  for (const [database, folder] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ] as const) {
    for (const words of [
      ['create'],
      ['setup-schema', '--version', '0.0'],
      ['update-schema', '--schema-dir', join(programs, SCHEMAS, folder, 'versioned')],
    ])
      await execa(join(programs, 'temporal-sql-tool'), ['--database', database, ...words], { env });
  }
};

/** Schema, server, namespace with search attributes; what is there already stays. */
export const startServerOnPostgresql = async ({
  dir,
  postgresql,
  temporal,
  shards = 4,
  tls,
}: ServerOptions): Promise<ServerOnPostgresql> => {
  const programs = await goModule(SERVER);
  await bringUpSchema(programs, postgresql);
  await mkdir(join(dir, 'bin'), { recursive: true });
  await symlink(temporal, join(dir, 'bin', 'temporal'));
  const ports = await Promise.all(PORTS.map(async (name) => [name, await freePort()] as const));
  const frontend = Object.fromEntries(ports)['FRONTEND_GRPC_PORT'] ?? '';
  const child = spawn(join(programs, 'temporal-server'), ['start'], {
    cwd: dir,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
      ...Object.fromEntries(ports),
      ...{ FRONTEND_HTTP_PORT: await freePort(), BIND_ON_IP: '127.0.0.1' },
      ...{ DB: 'postgres12', DB_PORT: String(postgresql.port), POSTGRES_SEEDS: '127.0.0.1' },
      ...{ POSTGRES_USER: DATABASE_USER, POSTGRES_PWD: DATABASE_PASSWORD },
      ...{ NUM_HISTORY_SHARDS: String(shards), LOG_LEVEL: 'warn' },
      DYNAMIC_CONFIG_FILE_PATH: DYNAMIC_CONFIGURATION,
      ...(tls && tlsVariables(tls)),
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(dir, 'temporal-server.log'), { flags: 'a' });
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
  const untie = tieToThisProcess(child);
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    untie();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  };
  const address = `127.0.0.1:${frontend}`;
  try {
    const namespace = execa('sh', [join(root, 'deploy/temporal/namespace.sh')], {
      env: {
        ...{ PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}` },
        ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default', HOME: dir },
        ...(tls && clientTlsVariables(tls)),
      },
      extendEnv: false,
    });
    const died = once(child, 'exit').then(() => {
      namespace.kill();
      throw new Error(`the server has ended; its log: ${join(dir, 'temporal-server.log')}`);
    });
    died.catch(() => undefined);
    await Promise.race([namespace, died]);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return { pid: child.pid ?? -1, address, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
};
