const SCRUBBED_PREFIXES = [
  ...['FRACTAL_TEMPORAL_KEYS', 'TEMPORAL_', 'NODE_', 'npm_', 'SBATCH_', 'SLURM_', 'SQUEUE_', 'SACCT_'],
  // The worker's own service manager: a unit that told it anything would speak for the worker.
  ...['NOTIFY_SOCKET', 'WATCHDOG_'],
];
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

/** What bash does before a script's first line, and what stands in the place of its own commands: bash(1). */
const isStartUp = (name: string): boolean =>
  name === 'BASH_ENV' || name === 'ENV' || name.startsWith('BASH_FUNC_');
const SHELL_OPTIONS = ['SHELLOPTS', 'BASHOPTS', 'BASH_XTRACEFD'];

/**
 * `environment` for a bash that only does what we tell it: nothing is sourced before (a start-up file that prints or
 * exits would break what we read from it), no function stands for a command, no option is switched on.
 */
export const plainShellEnvironment = (environment: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => !isStartUp(name) && !SHELL_OPTIONS.includes(name)),
  );

/**
 * The same for a bash that starts the user's programs: these are to have their start-up file and functions (`module`)
 * all the same, so they travel under other names, which batch.sh gives back to the units.
 */
export const unitShellEnvironment = (environment: Record<string, string>): Record<string, string> => ({
  ...plainShellEnvironment(environment),
  ...Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => isStartUp(name))
      .map(([name, value], index) => [`FRACTAL_UNIT_ENV_${index}`, `${name}=${value}`]),
  ),
});
