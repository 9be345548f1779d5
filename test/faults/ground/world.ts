/** The parts of one installation, as real processes: server, workflow worker, two activity workers, and what they need. */
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import type { Client } from '@temporalio/client';
import { connectClient } from '../../../src/client/index.js';
import { probe } from '../../../src/server/probe.js';
import { startDevArguments } from '../../../src/server/start-dev.js';
import { endProcessesIn } from '../../support/leftovers.js';
import type { Cluster } from '../../slurm/cluster.js';
import type { Wrappers } from '../../slurm/wrappers.js';
import { createPart, type Part } from './part.js';
import { compileShim, type Shim } from './shim.js';

export const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export type BackendName = 'local' | 'slurm';

/** What only a world on SLURM has. */
export interface Site {
  cluster: Cluster;
  wrappers: Wrappers;
}

export interface World {
  backend: BackendName;
  /** Everything of it lies inside. */
  dir: string;
  server: Part;
  workflows: Part;
  workers: [Part, Part];
  shim: Shim | null;
  site: Site | null;
  address: string;
  /** The activity queue of each worker; on SLURM both share one. */
  queues: [string, string];
  /** Asks with a connection of its own while all is well; a new one after each failure. */
  ask<T>(question: (client: Client) => Promise<T>): Promise<T>;
  /** A folder in which runs may write, and what makes another one such. */
  folder(): Promise<{ dir: string; own: (path: string) => Promise<void> }>;
  /** Jobs that are not over, of runs inside the folder. */
  jobsIn(dir: string): Promise<string[]>;
  /** What the host's own folders still hold of batches. */
  hostFiles(): Promise<string[]>;
  stop(): Promise<void>;
}

/** How a world's activity workers are run. */
export interface WorkerLine {
  command: string;
  /** Before the program and its arguments. */
  before: readonly string[];
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

export interface WorldOptions {
  backend: BackendName;
  binary: string;
  /** Folder of the runs; default: in the world's own. */
  runs?: string;
  own?: (path: string) => Promise<void>;
  jobsIn?: World['jobsIn'];
  site?: Site;
  queues: [string, string];
  worker: (index: 0 | 1, queue: string, address: string, dir: string, shim: Shim | null) => WorkerLine;
}

const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|FRACTAL|VITEST|NODE_OPTIONS)/.test(name)),
  );

/** One client for many questions. Whatever fails may have been the connection: the next question gets another one. */
const createAsk = (address: string): { ask: World['ask']; close(): Promise<void> } => {
  const target = { connection: { address }, namespace: 'default' };
  let connected: ReturnType<typeof connectClient> | null = null;
  const all = new Set<ReturnType<typeof connectClient>>();
  const ask: World['ask'] = async (question) => {
    connected ??= connectClient(target);
    const mine = connected;
    all.add(mine);
    try {
      return await question((await mine).client);
    } catch (error) {
      // Others may still wait for answers on it: it is closed in the end.
      if (connected === mine) connected = null;
      throw error;
    }
  };
  const close = async (): Promise<void> => {
    await Promise.all(
      [...all].map((one) =>
        one.then(
          ({ close: end }) => end(),
          () => undefined,
        ),
      ),
    );
  };
  return { ask, close };
};

export const startWorld = async (options: WorldOptions): Promise<World> => {
  const { backend, binary, queues, own = () => Promise.resolve() } = options;
  const dir = await mkdtemp(join(tmpdir(), `fractal-faults-${backend}-`));
  // Workers of a cluster are another user's, and load the shim from there.
  await chmod(dir, 0o755);
  const runs = options.runs ?? join(dir, 'runs');
  await mkdir(runs, { recursive: true });
  const shim = await compileShim(dir);
  const host = '127.0.0.1';
  const port = await getPort({ host });
  const uiPort = await getPort({ host, exclude: [port] });
  const address = `${host}:${port}`;
  const common = { cwd: dir, env: cleanEnvironment() };
  const server = createPart({
    ...{ name: 'server', command: binary, log: join(dir, 'server.log'), ...common },
    args: startDevArguments({ port, uiPort, dbFile: join(dir, 'temporal.db'), namespace: 'default' }),
    isReady: async () => (await probe({ address }, 'default', 1_000)) === null,
  });
  const workerPart = (name: string, line: WorkerLine): Part =>
    createPart({
      ...{ name, command: line.command, log: join(dir, `${name}.log`), cwd: runs },
      env: line.env,
      args: [...line.before, program, ...line.args],
      program,
      isReady: (said) => said.includes('Ready:'),
    });
  const env = { ...common.env, ...shim?.env, FRACTAL_TEMPORAL_HOME: join(dir, 'home') };
  const workflows = workerPart('workflow worker', {
    ...{ command: process.execPath, before: [], env },
    args: ['worker', 'workflow', '--address', address],
  });
  const workers = ([0, 1] as const).map((index) =>
    workerPart(`worker ${index + 1}`, options.worker(index, queues[index], address, dir, shim)),
  ) as [Part, Part];
  const parts = [server, workflows, ...workers];
  const { ask, close } = createAsk(address);
  let folders = 0;
  const stop = async (): Promise<void> => {
    await close();
    await Promise.all(parts.slice(1).map((part) => part.end('SIGKILL')));
    await server.end('SIGTERM');
    await endProcessesIn(dir);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await server.start();
    await Promise.all(parts.slice(1).map((part) => part.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ backend, dir, server, workflows, workers, shim, address, queues, ask, stop },
    site: options.site ?? null,
    folder: async () => {
      const path = join(runs, String((folders += 1)));
      await mkdir(path);
      await own(path);
      return { dir: path, own };
    },
    jobsIn: options.jobsIn ?? (() => Promise.resolve([])),
    hostFiles: async () => {
      const names = await readdir(join(dir, 'host'), { recursive: true }).catch(() => []);
      return names.filter((name) => /\/batches\/[^/]+$/.test(name));
    },
  };
};
