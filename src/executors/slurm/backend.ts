/**
 * The SLURM backend: batches as jobs through sbatch, one poller for all of them (docs/slurm.md).
 *
 * ```ts
 * const config = parseSlurmConfig(await readFile('slurm.json', 'utf8'));
 * const backend = createSlurmBackend({ config });
 * ```
 */
import pLimit, { type LimitFunction } from 'p-limit';
import type { Backend, Executor } from '../../batch/contract.js';
import { currentUser } from '../user.js';
import { createAccounting } from './commands/accounting.js';
import { cancelBatch } from './jobs/cancel.js';
import { createCanceller } from './jobs/canceller.js';
import { cannotRun, timeCeilings } from './check.js';
import { createCommands, type SlurmCommands } from './commands/commands.js';
import type { SlurmConfig } from './options/config.js';
import { createGate } from './jobs/gate.js';
import { slurmLayout } from './options/layout.js';
import { observeCommands, type CommandCall } from './commands/observed.js';
import { createPoller } from './commands/poller.js';
import { limitsOf, raiseResources } from './options/raise.js';
import { reportJobs } from './status/report.js';
import { readResources } from './options/resources.js';
import { createSettings } from './commands/settings.js';
import { createSinfo } from './commands/sinfo.js';
import { createStatus } from './status/status.js';
import { submitBatch } from './jobs/submit.js';
import { slurmScript } from './jobs/submission.js';
import { tryScript } from './jobs/trial.js';
import type { Scheduler } from './jobs/scheduler.js';

export interface SlurmBackendOptions {
  /** From `parseSlurmConfig`. */
  config: SlurmConfig;
  /** Whose jobs these are; default: the user of this process. */
  user?: string;
  /** Words before every command, for a worker that acts for another user (`setpriv --reuid=...`, `ssh host`). */
  commandPrefix?: readonly string[];
  /** Environment of every command, before it is scrubbed; default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** What runs the commands, in place of prefix and environment. */
  commands?: SlurmCommands;
  /** Told each call of a command when it has ended. */
  onCommand?: (call: CommandCall) => void;
}

const createScheduler = (config: SlurmConfig, user: string, commands: SlurmCommands): Scheduler => {
  const runner = config.runner_config;
  const asking = {
    commands,
    user,
    intervalSeconds: runner.poll_interval_seconds,
    commandTimeoutSeconds: runner.command_timeout_seconds,
  };
  const poller = createPoller(asking);
  return {
    ...{ config, user, commands, poller },
    accounting: createAccounting(asking),
    scancel: createCanceller(commands, runner.command_timeout_seconds),
    gate: createGate({
      poller,
      maxJobs: runner.max_jobs_at_once,
      perMinute: runner.max_submissions_per_minute,
    }),
    settings: createSettings(commands),
    sinfo: createSinfo(commands),
  };
};

/** Runs work of one key one after the other, of different keys side by side. */
const keyedLimits = (): (<T>(key: string, work: () => Promise<T>) => Promise<T>) => {
  const limits = new Map<string, LimitFunction>();
  return async (key, work) => {
    const limit = limits.get(key) ?? pLimit(1);
    limits.set(key, limit);
    try {
      return await limit(work);
    } finally {
      if (limit.activeCount === 0 && limit.pendingCount === 0) limits.delete(key);
    }
  };
};

const createSlurmExecutor = (scheduler: Scheduler): Executor => {
  const oneAtATime = keyedLimits();
  return {
    submit: (batch, context) => oneAtATime(batch.key, () => submitBatch(scheduler, batch, context)),
    status: createStatus(scheduler),
    cancel: (batch, handle, context) => cancelBatch(scheduler, batch, handle, context),
  };
};

export const createSlurmBackend = (options: SlurmBackendOptions): Backend => {
  const { config, user = currentUser().name, commandPrefix: prefix = [], env = process.env } = options;
  const timeoutSeconds = config.runner_config.command_timeout_seconds;
  const plain = options.commands ?? createCommands({ prefix, env, timeoutSeconds });
  const commands = options.onCommand === undefined ? plain : observeCommands(plain, options.onCommand);
  const scheduler = createScheduler(config, user, commands);
  return {
    name: 'slurm',
    layout: (input) => slurmLayout(config, input),
    check: async (resources) => {
      const nodes = config.runner_config.check_partitions ? await scheduler.sinfo() : null;
      return nodes === null ? [] : cannotRun(readResources(resources), nodes);
    },
    recovery: config.runner_config.recovery,
    executor: createSlurmExecutor(scheduler),
    script: (batch) => slurmScript(batch, config),
    trial: (batch) => tryScript(scheduler, batch),
    limits: limitsOf,
    raise: (resources, limit, by) => raiseResources(resources, limit, by, config.batching_config),
    ceilings: async (resources) => ({
      max_mem_mb: config.batching_config.max_mem_per_job,
      ...timeCeilings(readResources(resources), await scheduler.sinfo()),
    }),
    report: (jobs, since) => reportJobs(scheduler.accounting, jobs, since),
    lateFilesMs: config.runner_config.late_file_wait_seconds * 1000,
  };
};
