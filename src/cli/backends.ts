/** The backends that the program knows by name, opened with their configuration. */
import { join } from 'node:path';
import type { Backend } from '../executors/contract.js';
import { type Environment, stateFolder } from '../server/folders.js';
import { UsageError } from './exit-codes.js';

export interface BackendOptions {
  slurmConfig?: string;
  /** Units at once of the local backend; default: cores. */
  maxUnits?: number;
}

export interface OpenOptions extends BackendOptions {
  /** Started for the time of one run: it must not stand in the way of a worker of the same queue. */
  isPrivate?: boolean;
  runDir?: string;
}

export interface OpenBackend {
  backend: Backend;
  /** Lets go of what it holds (the queue's lock). */
  close(): Promise<void>;
}

export const backendNames = ['local', 'slurm'] as const;
export type BackendName = (typeof backendNames)[number];

export const isBackendName = (name: string): name is BackendName =>
  (backendNames as readonly string[]).includes(name);

/**
 * Opens a backend for a queue.
 *
 * @throws UsageError for an unknown one, or one that lacks its configuration.
 */
export const openBackend = async (
  name: string,
  options: OpenOptions,
  queue: string,
  env: Environment,
): Promise<OpenBackend> => {
  if (name === 'slurm' && options.slurmConfig === undefined) {
    throw new UsageError('The SLURM backend needs its configuration: --slurm-config FILE.');
  }
  void join(stateFolder(env), queue);
  throw new UsageError(`There is no backend "${name}" in this program (${backendNames.join(', ')}).`);
};
