/**
 * The SLURM backend: jobs through sbatch, one poller for all of them (docs/slurm.md).
 */
import { userInfo } from 'node:os';
import type { Backend, Executor } from '../contract.js';
import type { SlurmConfig } from './config.js';
import { slurmLayout } from './layout.js';

export interface SlurmBackendOptions {
  /** From `parseSlurmConfig`. */
  config: SlurmConfig;
  /** Whose jobs these are; default: the user of this process. */
  user?: string;
  /** Words before every command, for a worker that acts for another user (`setpriv --reuid=...`, `ssh host`). */
  commandPrefix?: readonly string[];
  /** Environment of every command, before it is scrubbed; default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
}

export const createSlurmBackend = (options: SlurmBackendOptions): Backend => {
  const user = options.user ?? userInfo().username;
  const executor: Executor = {
    submit: () => Promise.reject(new Error(`not yet: submit for ${user}`)),
    status: () => Promise.resolve({ state: 'unknown', reason: 'not yet' }),
    cancel: () => Promise.reject(new Error('not yet')),
  };
  return {
    name: 'slurm',
    lateFilesMs: options.config.runner_config.late_file_wait_seconds * 1000,
    layout: (input) => slurmLayout(options.config, input),
    executor,
  };
};
