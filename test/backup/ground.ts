/** What the drill takes place on: servers one after the other, each on a PostgreSQL of its own, workers, a folder of runs. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandbox, type RunningProgram, type Sandbox } from '../support/cli.js';
import { endProcessesIn } from '../support/leftovers.js';
import { startPostgresql } from '../support/postgresql.js';
import { type ServerOnPostgresql, startServerOnPostgresql } from '../support/server-on-postgresql.js';

/** A server and its database. */
export interface Machine {
  dump(): Promise<string>;
  /** It is lost. */
  kill(): Promise<unknown>;
}

export interface Ground {
  dir: string;
  /** Whoever is started later asks this one. @param dump null: an empty database. */
  startServer(name: string, dump: string | null): Promise<Machine>;
  /** Of the last server. */
  address(): string;
  startLocal(): Promise<RunningProgram>;
  /** Workflow worker and local worker, in this order. */
  startWorkers(): Promise<RunningProgram[]>;
  program(...args: string[]): ReturnType<Sandbox['run']>;
  remove(): Promise<void>;
}

/** @param temporal the program `temporal`. */
export const openGround = async (temporal: string): Promise<Ground> => {
  const dir = await mkdtemp(join(tmpdir(), 'fractal-backup-'));
  await chmod(dir, 0o755);
  const sandbox = await createSandbox(temporal);
  const ends: (() => Promise<unknown>)[] = [];
  let server: ServerOnPostgresql | null = null;

  const address = (): string => {
    if (server === null) throw new TypeError('no server yet');
    return server.address;
  };
  const startWorker = async (...args: string[]): Promise<RunningProgram> => {
    const worker = sandbox.start(['worker', ...args, '--address', address()]);
    await worker.says('Ready');
    return worker;
  };
  // Units that wait take their places.
  const startLocal = (): Promise<RunningProgram> => startWorker('local', '--max-units', '20');
  return {
    ...{ dir, address, startLocal },
    startServer: async (name, dump) => {
      const postgresql = await startPostgresql(join(dir, name));
      ends.push(() => postgresql.kill());
      if (dump !== null) await postgresql.restore(dump);
      const started = await startServerOnPostgresql({
        dir: join(dir, `${name}-server`),
        ...{ postgresql, temporal },
      });
      ends.push(() => started.kill());
      server = started;
      return {
        dump: () => postgresql.dump(),
        kill: () => Promise.all([started.kill(), postgresql.kill()]),
      };
    },
    startWorkers: () => Promise.all([startWorker('workflow'), startLocal()]),
    program: (...args) => sandbox.run([...args, '--address', address()]),
    remove: async () => {
      await sandbox.dispose();
      for (const endOne of ends.reverse()) await endOne();
      // Units of a run that nobody goes on with wait for ever.
      await endProcessesIn(dir);
      await rm(dir, { recursive: true, force: true });
    },
  };
};
