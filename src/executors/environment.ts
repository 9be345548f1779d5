const SCRUBBED_PREFIXES = ['TEMPORAL_', 'NODE_', 'npm_', 'SBATCH_', 'SLURM_', 'SQUEUE_', 'SACCT_'];
/** Where the cluster's configuration lies: without it no SLURM command finds its controller. */
const KEPT = ['SLURM_CONF'];

/**
 * The environment that a worker hands on, to local units as to the scheduler's commands: its own, without what
 * configures the worker itself (credentials of the Temporal server, Node's options) and without options that the
 * scheduler's commands would read in place of their arguments.
 */
export const scrubbedEnvironment = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        (KEPT.includes(entry[0]) || !SCRUBBED_PREFIXES.some((prefix) => entry[0].startsWith(prefix))),
    ),
  );
