/** The backends that the program knows by name, opened with their configuration. */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { Runtime } from '@temporalio/worker';
import type { Backend } from '../batch/contract.js';
import { type LocalConfig, LocalConfigError, parseLocalConfig } from '../executors/local/config.js';
import { acquireWorkerLock, createLocalBackend } from '../executors/local/index.js';
import { backendNames } from '../executors/names.js';
import { createSlurmBackend } from '../executors/slurm/backend.js';
import { parseSlurmConfig, type SlurmConfig, SlurmConfigError } from '../executors/slurm/options/config.js';
import { configNotices } from '../executors/slurm/options/notices.js';
import { createSchedulerMetrics } from '../monitor/scheduler-metrics.js';
import type { Environment } from '../server/folders.js';
import { didYouMean } from '../validation/did-you-mean.js';
import { UsageError } from './exit-codes.js';
import { hostFolder } from './host-folder.js';

export interface BackendOptions {
  slurmConfig?: string;
  localConfig?: string;
  /** Units at once of the local backend; default: cores. */
  maxUnits?: number;
  /** Units of Python tasks are forked from warmed interpreters. */
  warmStart?: boolean;
  /** No second SLURM worker of this user and queue on this host besides it. */
  alone?: boolean;
}

export interface BackendPlace {
  queue: string;
  /** What tells this server and namespace from every other: two servers may use the same queue names on one host. */
  serverId: string;
  env: Environment;
}

export interface OpenBackend {
  backend: Backend;
  /** Lets go of what it holds (the queue's lock). */
  close(): Promise<void>;
  /** What the operator should know when the worker starts. */
  notices: string[];
}

/** A file that cannot be read or is wrong is a mistake in the command line. */
const readConfig = async <T>(path: string, parse: (text: string) => T): Promise<T> => {
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    const isRead = error instanceof Error && 'code' in error;
    if (!isRead && !(error instanceof SlurmConfigError) && !(error instanceof LocalConfigError)) throw error;
    throw new UsageError(`${path}: ${error.message}`);
  }
};

const localConfigOf = async ({ localConfig }: BackendOptions): Promise<Partial<LocalConfig>> =>
  localConfig === undefined ? {} : readConfig(localConfig, parseLocalConfig);

const slurmConfigOf = async ({
  slurmConfig,
  warmStart = false,
}: BackendOptions): Promise<[string, SlurmConfig]> => {
  if (slurmConfig === undefined) {
    throw new UsageError('The SLURM backend needs its configuration: --slurm-config FILE.');
  }
  const config = await readConfig(slurmConfig, parseSlurmConfig);
  config.runner_config.warm_start ||= warmStart;
  return [slurmConfig, config];
};

const openLocal = async (
  options: BackendOptions,
  { queue, serverId, env }: BackendPlace,
): Promise<OpenBackend> => {
  const config = await localConfigOf(options);
  const stateDir = join(await hostFolder(env), serverId);
  const lock = await acquireWorkerLock({ stateDir, queue });
  const { maxUnits, warmStart = false } = options;
  const limit = maxUnits === undefined ? {} : { maxUnits };
  return {
    backend: createLocalBackend({ stateDir, queue, warmStart, ...limit, ...config }),
    close: () => lock.release(),
    notices: [],
  };
};

const openSlurm = async (
  options: BackendOptions,
  { queue, serverId, env }: BackendPlace,
): Promise<OpenBackend> => {
  const [slurmConfig, config] = await slurmConfigOf(options);
  const lock =
    options.alone === true
      ? await acquireWorkerLock({ stateDir: join(await hostFolder(env), serverId), queue })
      : null;
  const onCommand = createSchedulerMetrics(Runtime.instance().metricMeter);
  const notices = configNotices(config).map(({ what, remedy }) => `${slurmConfig}: ${what}; ${remedy}`);
  const close = (): Promise<void> => lock?.release() ?? Promise.resolve();
  return { backend: createSlurmBackend({ config, onCommand }), close, notices };
};

const unknownBackend = (name: string): UsageError =>
  new UsageError(
    `There is no backend "${name}" in this program${didYouMean(name, backendNames)}; it has ${backendNames.join(', ')}. Give the address of a server ` +
      'where a worker for it runs.',
  );

/** Stands in scripts for the folder of a worker's own state, which only the worker knows. */
const NO_WORKER_YET = '/FOLDER-OF-THE-LOCAL-WORKER';

/**
 * A backend that is only asked how it would run things: it takes no lock, writes nothing and starts nothing.
 *
 * @throws UsageError as `openBackend`.
 */
export const viewBackend = async (name: string, options: BackendOptions, queue: string): Promise<Backend> => {
  if (name === 'slurm') return createSlurmBackend({ config: (await slurmConfigOf(options))[1] });
  if (name !== 'local') throw unknownBackend(name);
  const config = await localConfigOf(options);
  const { maxUnits, warmStart = false } = options;
  const limit = maxUnits === undefined ? {} : { maxUnits };
  return createLocalBackend({ stateDir: NO_WORKER_YET, queue, warmStart, ...limit, ...config });
};

/**
 * Opens a backend for a queue.
 *
 * @throws UsageError for an unknown one, or one whose configuration is missing or wrong; WorkerAlreadyRunning when
 * another worker has the queue.
 */
export const openBackend = async (
  name: string,
  options: BackendOptions,
  place: BackendPlace,
): Promise<OpenBackend> => {
  if (name === 'local') return openLocal(options, place);
  if (name === 'slurm') return openSlurm(options, place);
  throw unknownBackend(name);
};
