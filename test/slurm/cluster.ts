/**
 * A real SLURM cluster for a test file: started in a temporary folder, ended with everything that it made.
 *
 * ```ts
 * const cluster = await startCluster({ accounting: true });
 * await cluster.asUser(['sbatch', '--parsable', '--wrap', 'true']);
 * await cluster.down();
 * ```
 */
import { mkdtemp, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { whyNoPackages } from '../support/debian.js';

const script = fileURLToPath(new URL('cluster.sh', import.meta.url));

export interface ClusterOptions {
  /** slurmdbd on MariaDB, accounts `lab` (default), `tight` (2 jobs), `other`, QOS `normal` and `few` (3 jobs). */
  accounting?: boolean;
  /** Further options of cluster.sh up, e.g. `['--min-job-age', '2']`. */
  extra?: string[];
}

export type Daemon = 'munged' | 'mariadbd' | 'slurmdbd' | 'slurmctld' | 'slurmd-1' | 'slurmd-2';

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
}

export interface Cluster {
  dir: string;
  /** Value of SLURM_CONF. */
  confFile: string;
  /** The unprivileged user who submits, with its ids. */
  user: string;
  uid: number;
  gid: number;
  /** Names of the two nodes. */
  nodes: [string, string];
  /** True when memory limits are enforced by cgroups, so that OUT_OF_MEMORY can be seen. */
  cgroup: boolean;
  /** A folder that belongs to the user. */
  workDir: string;
  /** What a command line must start with to run as the user, in the user's own environment. */
  userPrefix: string[];
  /** Runs a command as the user; never rejects for its exit code. */
  asUser(command: string[], options?: RunOptions): Promise<CommandResult>;
  /** Runs a command as root with the cluster's SLURM_CONF; rejects when it fails. */
  asRoot(command: string[]): Promise<CommandResult>;
  startDaemon(name: Daemon): Promise<void>;
  stopDaemon(name: Daemon, signal?: 'TERM' | 'KILL'): Promise<void>;
  /** The node dies; with `daemonOnly` the processes of its jobs live on, as when only slurmd crashes. */
  killNode(number: 1 | 2, options?: { daemonOnly: boolean }): Promise<void>;
  down(): Promise<void>;
}

/** Why no cluster can be started on this machine, or null. Tests say it and are then not collected. */
export const whyNoCluster = whyNoPackages;

/** Starts a cluster in a folder of its own; within seconds once the packages are installed. */
export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'fractal-slurm-')));
  const clusterCommand = async (action: string, ...args: string[]): Promise<void> => {
    // Daemons keep stderr's file open only where they log; nothing here waits for them.
    await execa(script, [action, dir, ...args], { stdin: 'ignore' });
  };
  await clusterCommand(
    'up',
    '--owner',
    String(process.pid),
    ...(options.accounting ? ['--accounting'] : []),
    ...(options.extra ?? []),
  );

  const settings = new Map(
    (await readFile(join(dir, 'run', 'cluster.env'), 'utf8'))
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word): [string, string] => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  const setting = (name: string): string => {
    const value = settings.get(name);
    if (value === undefined) throw new Error(`cluster.env has no ${name}`);
    return value;
  };
  const user = setting('USER_NAME');
  const [, , uid, gid, , home] = (await execa('getent', ['passwd', user])).stdout.split(':');
  const confFile = join(dir, 'etc', 'slurm.conf');
  const userPrefix = [
    ...['setpriv', '--reuid', user, '--regid', user, '--init-groups', 'env', '-i'],
    ...[`SLURM_CONF=${confFile}`, `HOME=${home ?? '/'}`, `USER=${user}`, `LOGNAME=${user}`, 'LC_ALL=C.UTF-8'],
    'PATH=/usr/local/bin:/usr/bin:/bin',
  ];
  const workDir = join(dir, 'work');

  const asUser = async (command: string[], run: RunOptions = {}): Promise<CommandResult> => {
    const environment = Object.entries(run.env ?? {}).map(([name, value]) => `${name}=${value}`);
    const [file = '', ...args] = [...userPrefix, ...environment, ...command];
    const { exitCode, stdout, stderr } = await execa(file, args, {
      cwd: run.cwd ?? workDir,
      input: run.input ?? '',
      reject: false,
    });
    return { exitCode: exitCode ?? -1, stdout, stderr };
  };

  const asRoot = async (command: string[]): Promise<CommandResult> => {
    const [file = '', ...args] = command;
    const { exitCode, stdout, stderr } = await execa(file, args, { env: { SLURM_CONF: confFile } });
    return { exitCode: exitCode ?? 0, stdout, stderr };
  };

  return {
    dir,
    confFile,
    user,
    uid: Number(uid),
    gid: Number(gid),
    nodes: [setting('NODE_1'), setting('NODE_2')],
    cgroup: setting('CGROUP') === 'yes',
    workDir,
    userPrefix,
    asUser,
    asRoot,
    startDaemon: (name) => clusterCommand('start', name),
    stopDaemon: (name, signal = 'TERM') => clusterCommand('stop', name, signal),
    killNode: (number, { daemonOnly } = { daemonOnly: false }) =>
      clusterCommand('kill-node', String(number), ...(daemonOnly ? ['--daemon-only'] : [])),
    down: () => clusterCommand('down'),
  };
};
