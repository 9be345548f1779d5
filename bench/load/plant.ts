/** A server, a workflow worker and a local worker, each a process of its own, as a facility has them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import getPort from 'get-port';
import type { RunHandle } from '../../src/client/index.js';
import { startEmbeddedServer } from '../../src/server/embedded.js';
import type { RunResult } from '../../src/wire/result.js';
import { startPostgresql } from '../../test/support/postgresql.js';
import { startServerOnPostgresql } from '../../test/support/server-on-postgresql.js';
import { openProgram } from '../program.js';
import type { Member } from './memory-series.js';

export const databases = ['sqlite', 'postgresql'] as const;
export type Database = (typeof databases)[number];

export interface Plant {
  client: Client;
  members: Member[];
  stop(): Promise<void>;
}

/** The run's end; a server that is too busy to answer is asked again. */
export const endOfRun = async (run: RunHandle): Promise<RunResult> => {
  for (;;) {
    try {
      return await run.result();
    } catch (error) {
      if (!isGrpcServiceError(error)) throw error;
    }
  }
};

type End = () => Promise<unknown>;

const startServer = async (
  folder: string,
  temporal: string,
  database: Database,
  ends: End[],
): Promise<{ address: string; members: Member[] }> => {
  if (database === 'sqlite') {
    const dbFile = join(folder, 'server.db');
    const server = await startEmbeddedServer({
      ...{ binary: temporal, dbFile, logFile: join(folder, 'server.log') },
    });
    ends.push(() => server.stop());
    return { address: server.address, members: [{ name: 'server', pids: [server.process.pid] }] };
  }
  const postgresql = await startPostgresql(join(folder, 'postgresql'));
  ends.push(() => postgresql.stop());
  const server = await startServerOnPostgresql({ dir: join(folder, 'server'), postgresql, temporal });
  ends.push(() => server.stop());
  return {
    address: server.address,
    members: [
      { name: 'server', pids: [server.pid] },
      { name: 'postgresql', pids: [postgresql.pid], withChildren: true },
    ],
  };
};

/** Starts them in `folder`; `stop` ends them in the opposite order. */
export const startPlant = async (folder: string, temporal: string, database: Database): Promise<Plant> => {
  const ends: End[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const { address, members } = await startServer(folder, temporal, database, ends);
    const program = await openProgram(folder, temporal);
    for (const kind of ['workflow', 'local']) {
      const monitor = `127.0.0.1:${await getPort()}`;
      const env = { FRACTAL_TEMPORAL_MONITOR: monitor };
      const worker = await program.start(['worker', kind, '--address', address], { env });
      ends.push(() => worker.stop());
      members.push({ name: `${kind} worker`, pids: [worker.pid], monitor });
    }
    const connection = await Connection.connect({ address });
    ends.push(() => connection.close());
    await mkdir(join(folder, 'runs'));
    return { client: new Client({ connection }), members, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
